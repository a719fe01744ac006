package terminal

import (
	"hash/fnv"

	"charm.land/lipgloss/v2"
)

// Style is a colour of the terminal's own sixteen, so that it suits its theme.
type Style func(...string) string

// Plain leaves a text as it is.
func Plain(text ...string) string { return lipgloss.NewStyle().Render(text...) }

// Green is for what is well.
func Green(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Green).Render(text...)
}

// Red is for what is not.
func Red(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Red).Render(text...)
}

// Yellow is for what is on its way, and for warnings.
func Yellow(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Yellow).Render(text...)
}

// Cyan is for advice.
func Cyan(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Cyan).Render(text...)
}

// Faint is for what is read second.
func Faint(text ...string) string { return lipgloss.NewStyle().Faint(true).Render(text...) }

// Bold is for what is read first.
func Bold(text ...string) string { return lipgloss.NewStyle().Bold(true).Render(text...) }

func blue(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Blue).Render(text...)
}

func magenta(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Magenta).Render(text...)
}

// StyleOf gives each name a colour, always the same.
func StyleOf(name string) Style {
	colours := []Style{Cyan, Green, Yellow, blue, magenta}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // a hash takes everything
	return colours[int(sum.Sum32())%len(colours)]
}
