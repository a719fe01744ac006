package lint

// Rules lists every rule, in the order of the chain: what is read, what the
// forge is asked, what is stamped out, what Flux deploys. A new rule is a line
// here, a file beside this one, and a section of docs/lint.md.
func Rules() []Rule {
	return []Rule{
		// Is it what it seems to be?
		{"invalid", Error, "YAML, fields or templates that cannot be read", invalid},
		{"unbuildable", Error, "a path that is not there, or that kustomize cannot build", inServices(each(stamped, unbuildable))},
		{"remote", Warning, "what an overlay takes in from elsewhere: it is not fetched, and not checked", inServices(each(within(stamped, part.leftOut), remote))},
		{"plain-token", Error, "a token in plain text", each(texts, plainToken)},

		// The watcher: which requests, and when.
		{"no-gate", Error, "no label that gates the deploy on the build", each(watchers, noGate)},
		{"dead-label", Error, "labels that never match", deadLabel},
		{"stale-label", Warning, "a label of the push before, which opens the gate for an image that is not built", inServices(each(within(reused, Provider.gates), staleLabel))},
		{"merge-commit", Error, "an image that CI calls by the merge of a request, where that of its head is waited for", each(merges, mergeCommit)},
		{"shared-gate", Warning, "two providers that share a repository and a gate", each(sharings, sharedGate)},

		{"open-forks", Warning, "a public repository whose forks run unseen", each(watchers, openForks)},
		{"early-label", Warning, "a label that CI sets before it has pushed the image", each(within(watchers, Provider.gates), earlyLabel)},

		// The templater: what is stamped out.
		{"no-prune", Error, "a Kustomization that leaves its objects behind", inServices(each(stamped, noPrune))},
		{"missing-dependency", Error, "dependsOn names what does not exist", inServices(knowing((*Service).dependable, within(stamped, part.dependencies), missingDependency))},
		{"same-name", Error, "two previews, or two services, with an object of the same name", sameName},
		{"no-namespace", Error, "objects without a namespace, and namespaces that nobody makes", noNamespace},
		{"illegal-name", Error, "names, hosts and labels of which a usual request makes something illegal", illegalName},
		{"moving-source", Error, "a source that follows a branch, where the gate is for a commit", inServices(knowing((*Service).pushed, stampedNeighbours, movingSource))},
		{"fork-source", Warning, "a source that stands at what a fork has", inServices(each(stampedNeighbours, forkSource))},
		{"unquoted-input", Warning, "an input that stops being a string when it looks like a number", inServices(each(within(stampedNumeric, pair.values), unquotedInput))},
		{"free-text", Error, "free text that Flux puts into the midst of a text, before it is parsed", inServices(each(within(hostile, part.uses), freeText))},
		{"shell-text", Error, "text of a forge in a script, which it can change", shellText},

		// The overlay: what Flux deploys.
		{"unset-variable", Error, "${VARIABLE} without a value", inServices(each(within(stamped, part.uses), unsetVariable))},
		{"disabled-substitution", Error, "an annotation that keeps Flux from filling in a name too", inServices(each(within(deployed, object.values), disabledSubstitution))},
		{"lost-quotes", Warning, "a substituted value that stops being a string", lostQuotes},
		{"no-rollout", Error, "pods that are the same after a push", inServices(knowing((*Service).rollout, pushes, noRollout))},
		{"immutable-field", Error, "a field that changes with a push, and that nobody can change", inServices(each(within(pushes, pair.values), immutableField))},
		{"pull-policy", Warning, "a tag that moves, and nodes that do not pull it again", inServices(each(within(pushes, pair.containers), pullPolicy))},
		{"fixed-replicas", Warning, "a number of replicas beside an autoscaler", inServices(knowing((*Service).scalers, deployed, fixedReplicas))},
		{"expiring-job", Warning, "a Job that is taken away when it has run, and made anew", inServices(each(deployed, expiringJob))},
		{"cluster-scoped", Error, "cluster-scoped objects in a preview", inServices(each(neighbours, clusterScoped))},
		{"stripped-account", Error, "a ServiceAccount stripped as if it were cluster-scoped", inServices(knowing((*Service).accounts, deployed, strippedAccount))},
		{"missing-account", Error, "an account that is not there", inServices(knowing((*Service).knownAccounts, allNeighbours, missingAccount))},
		{"long-name", Error, "names that the suffix makes too long", longName},
		{"unsuffixed-reference", Error, "references that nameSuffix does not rewrite", inServices(knowing((*Service).names, within(deployed, object.values), unsuffixedReference))},
		{"sealed-name", Error, "a SealedSecret that is sealed for another name or namespace", inServices(each(neighbours, sealedName))},
		{"shared-selector", Error, "selectors that match the pods of other previews", inServices(knowing((*Service).neighbour, within(deployed, object.selectors), sharedSelector))},
		{"dead-selector", Error, "selectors that match no pod of the preview", inServices(knowing((*Service).visiblePods, within(deployed, object.selectors), deadSelector))},
		{"spoiled-selector", Error, "selectors of others' pods that the preview's label was added to", inServices(knowing((*Service).visiblePods, within(neighbours, pair.foreigns), spoiledSelector), each(neighbours, endpointless))},
		{"shared-host", Error, "hosts that all previews share", inServices(each(within(neighbours, pair.values), sharedHost))},
		{"no-url", Warning, "a preview that nobody can open", inServices(noURL)},
	}
}
