package diagnose

import "time"

// cause is one way in which a preview goes wrong.
type cause struct {
	// name in one word, which scripts may rely on.
	name string
	// find returns what shows it on a node, or nil.
	find func(n *Node, now time.Time) *symptom
	// follows: it tells what follows from another cause, and counts only where
	// none is found below the node.
	follows bool
}

// symptom is how a cause shows.
type symptom struct {
	words, advice string
	since         time.Time
}

// causes lists all causes. Of those that fit one object the first counts.
func causes() []cause {
	return []cause{
		// Any object.
		{name: "DeletionBlocked", find: deletionBlocked},
		{name: "Suspended", find: suspended},

		// What runs: the words of kubelet and scheduler.
		{name: "WrongArchitecture", find: wrongArchitecture},
		{name: "ImageNotFound", find: imageNotFound},
		{name: "ImageAccessDenied", find: imageAccessDenied},
		{name: "RegistryUnreachable", find: registryUnreachable},
		{name: "ImagePullFailed", find: imagePullFailed},
		{name: "ConfigurationMissing", find: configurationMissing},
		{name: "VolumeNotMounted", find: volumeNotMounted},
		{name: "OutOfMemory", find: outOfMemory},
		{name: "CommandNotFound", find: commandNotFound},
		{name: "LivenessProbeFailed", find: livenessProbeFailed},
		{name: "CrashLoop", find: crashLoop},
		{name: "Unschedulable", find: unschedulable},
		{name: "Evicted", find: evicted},
		{name: "ProbeFailed", find: probeFailed},
		{name: "JobFailed", find: jobFailed, follows: true},

		// What was refused, at any level: the words of the API server.
		{name: "QuotaExceeded", find: quotaExceeded},
		{name: "ServiceAccountMissing", find: serviceAccountMissing},
		{name: "AdmissionRefused", find: admissionRefused},
		{name: "NamespaceMissing", find: namespaceMissing},
		{name: "PermissionMissing", find: permissionMissing},
		{name: "KindUnknown", find: kindUnknown},
		{name: "FieldImmutable", find: fieldImmutable},
		{name: "ObjectInvalid", find: objectInvalid},

		// What deploys: the words of Flux.
		{name: "SourceNotFound", find: sourceNotFound},
		{name: "SourceNotReady", find: sourceNotReady},
		{name: "DependencyNotReady", find: dependencyNotReady},
		{name: "PathNotFound", find: pathNotFound},
		{name: "BuildFailed", find: buildFailed},
		{name: "HelmFailed", find: helmFailed, follows: true},
		{name: "NotPickedUp", find: notPickedUp},

		// What stamps out: the words of Eddy.
		{name: "TemplateFailed", find: templateFailed},
		{name: "TooManyObjects", find: tooManyObjects},
		{name: "SetNotReady", find: setNotReady},
		{name: "ProviderFailed", find: providerFailed},

		// What is left.
		{name: "ObjectMissing", find: objectMissing},
		{name: "RolloutStuck", find: rolloutStuck, follows: true},
		{name: "HealthCheckFailed", find: healthCheckFailed, follows: true},
		{name: "NotReady", find: notReady, follows: true},
	}
}

// Causes lists the names of all causes, in the order in which they are asked.
func Causes() []string {
	var out []string
	for _, c := range causes() {
		out = append(out, c.name)
	}
	return out
}
