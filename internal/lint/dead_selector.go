package lint

import "fmt"

// deadSelector finds selectors that match none of the preview's own pods: a
// Service without endpoints, a policy that protects nothing. A preview without
// pods is left alone.
func deadSelector(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		objects := service.deployed(service.Samples.First)
		if !hasPods(objects) {
			continue
		}
		for _, object := range objects {
			for _, selector := range selectors(object) {
				if _, _, own := pods(object.Unstructured); own || len(selector.path) > 2 {
					continue // Kubernetes refuses the first; a policy's peers may be elsewhere
				}
				if _, matches := selector.matches(objects); !matches {
					out = append(out, Finding{
						Position: object.where(selector.path...),
						Message:  fmt.Sprintf("%s of %s %q, %s, matches no pod of the preview", dotted(selector.path), object.GetKind(), object.GetName(), selector.labels),
						Fix:      "select labels that the pod template has",
					})
				}
			}
		}
	}
	return out
}

func hasPods(objects []deployed) bool {
	for _, object := range objects {
		if _, _, ok := pods(object.Unstructured); ok {
			return true
		}
	}
	return false
}
