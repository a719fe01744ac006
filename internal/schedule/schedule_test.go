package schedule_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/schedule"
)

func spec(cron, zone string, window time.Duration) v1.Schedule {
	return v1.Schedule{Cron: cron, TimeZone: zone, Window: metav1.Duration{Duration: window}}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse("Mon 2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

const timeout = 2 * time.Minute

func TestWhenARunIsAllowed(t *testing.T) {
	office := spec("0 8 * * 1-5", "UTC", 10*time.Hour)
	cases := []struct {
		name  string
		specs []v1.Schedule
		now   string
		want  bool
	}{
		{"without schedules always", nil, "Sun 2026-03-01 03:00", true},
		{"with a window of zero always", []v1.Schedule{spec("@daily", "", 0)}, "Sun 2026-03-01 03:00", true},
		{"within the window", []v1.Schedule{office}, "Mon 2026-03-02 12:00", true},
		{"when the window opens", []v1.Schedule{office}, "Mon 2026-03-02 08:00", true},
		{"not before it opens", []v1.Schedule{office}, "Mon 2026-03-02 07:59", false},
		{"with room for one run", []v1.Schedule{office}, "Mon 2026-03-02 17:57", true},
		{"not without", []v1.Schedule{office}, "Mon 2026-03-02 17:58", false},
		{"not at the weekend", []v1.Schedule{office}, "Sun 2026-03-01 12:00", false},
		{"where one of several is open", []v1.Schedule{office, spec("0 11 * * 0", "UTC", 2*time.Hour)}, "Sun 2026-03-01 12:00", true},
		{"in the time zone of the schedule", []v1.Schedule{spec("0 8 * * *", "Asia/Tokyo", time.Hour)}, "Sun 2026-03-01 23:30", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan, err := schedule.Compile(c.specs, timeout)
			if err != nil {
				t.Fatal(err)
			}
			if got := plan.Allows(at(t, c.now)); got != c.want {
				t.Errorf("allowed at %s: %v, want %v", c.now, got, c.want)
			}
		})
	}
}

func TestWhenTheNextRunIs(t *testing.T) {
	office := spec("0 8 * * 1-5", "UTC", 10*time.Hour)
	cases := []struct {
		name  string
		specs []v1.Schedule
		now   string
		want  time.Duration
	}{
		{"after the interval without schedules", nil, "Sun 2026-03-01 03:00", 5 * time.Minute},
		{"after the interval within a window", []v1.Schedule{office}, "Mon 2026-03-02 12:00", 5 * time.Minute},
		{"when the next window opens, where the interval ends outside", []v1.Schedule{office}, "Mon 2026-03-02 17:56", 14*time.Hour + 4*time.Minute},
		{"when a schedule is due before the interval ends", []v1.Schedule{spec("1 * * * *", "", 0)}, "Mon 2026-03-02 12:00", time.Minute},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan, err := schedule.Compile(c.specs, timeout)
			if err != nil {
				t.Fatal(err)
			}
			got, next := plan.Next(at(t, c.now), 5*time.Minute)
			if got != c.want {
				t.Errorf("next run after %s, want %s", got, c.want)
			}
			if (next == nil) != (len(c.specs) == 0) {
				t.Errorf("the next schedule is %v", next)
			}
		})
	}
}

func TestABadScheduleNamesTheField(t *testing.T) {
	for want, bad := range map[string]v1.Schedule{
		"spec.schedule[1].cron: ":     spec("sometimes", "", 0),
		"spec.schedule[1].timeZone: ": spec("@daily", "Mars/Olympus", 0),
		"spec.schedule[1].window: 3m": spec("@daily", "", 3*time.Minute),
	} {
		_, err := schedule.Compile([]v1.Schedule{spec("@hourly", "", 0), bad}, timeout)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want an error that begins with %q", err, want)
		}
	}
}

func TestAnEntryThatNeverComesIsRefused(t *testing.T) {
	for _, c := range []struct {
		spec  v1.Schedule
		words string
	}{
		{v1.Schedule{Cron: "0 0 30 2 *"}, "spec.schedule[0].cron: \"0 0 30 2 *\" never comes"},
		{v1.Schedule{Cron: "0 0 31 2,4,6,9,11 *"}, "never comes"},
		{v1.Schedule{Cron: "@every 24h", Window: metav1.Duration{Duration: time.Hour}}, "spec.schedule[0].window: 1h0m0s is shorter than the 24h0m0s of cron"},
		{v1.Schedule{Cron: "TZ=0"}, "is a time zone alone"},
		{v1.Schedule{Cron: "CRON_TZ=UTC "}, "is a time zone alone"},
	} {
		if _, err := schedule.Compile([]v1.Schedule{c.spec}, time.Minute); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%+v: %v", c.spec, err)
		}
	}
	plan, err := schedule.Compile([]v1.Schedule{{Cron: "0 0 29 2 *"}}, time.Minute)
	if err != nil {
		t.Fatalf("a leap day comes: %v", err)
	}
	for _, year := range []int{2026, 2097} {
		if after, _ := plan.Next(time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC), time.Hour); after <= 0 {
			t.Errorf("in %d the next run is after %s", year, after)
		}
	}
}

func FuzzNoExpressionPanics(f *testing.F) {
	for _, expression := range []string{"0 8 * * 1-5", "@daily", "@every 1h", "TZ=0", "TZ=UTC * * * * *", "CRON_TZ= ", "* * 31 2 *", "@every -1s", "9999999999999999999 * * * *", "*/0 * * * *"} {
		f.Add(expression)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		plan, err := schedule.Compile([]v1.Schedule{{Cron: expression}}, time.Minute)
		if err != nil {
			return
		}
		if after, _ := plan.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Hour); after <= 0 {
			t.Errorf("%q: the next run is after %s", expression, after)
		}
	})
}
