package lint

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// referred is an object that a value names.
type referred struct {
	kind, name string
	// namespace that the value says; "" is that of its own object.
	namespace string
}

// general writes a path for all items of its lists: spec.rules[].host.
func general(path []any) string {
	steps := make([]string, 0, len(path))
	for _, step := range path {
		key, isKey := step.(string)
		if !isKey && len(steps) > 0 {
			steps[len(steps)-1] += "[]"
			continue
		}
		steps = append(steps, key)
	}
	return strings.Join(steps, ".")
}

// fields are those by which kinds beside Kubernetes' own name objects of the preview, by
// the kind and the path. A field "kind" beside it counts before the kind that is written
// here. A field that ends with host is that of a Service.
var fields = map[string]string{
	"Route spec.to.name":                  "Service",
	"Route spec.alternateBackends[].name": "Service",

	"IngressRoute spec.routes[].services[].name":            "Service",
	"IngressRoute spec.routes[].middlewares[].name":         "Middleware",
	"IngressRoute spec.tls.options.name":                    "TLSOption",
	"IngressRoute spec.tls.store.name":                      "TLSStore",
	"IngressRouteTCP spec.routes[].services[].name":         "Service",
	"IngressRouteTCP spec.routes[].middlewares[].name":      "MiddlewareTCP",
	"IngressRouteUDP spec.routes[].services[].name":         "Service",
	"TraefikService spec.weighted.services[].name":          "Service",
	"TraefikService spec.mirroring.name":                    "Service",
	"TraefikService spec.mirroring.mirrors[].name":          "Service",
	"Middleware spec.chain.middlewares[].name":              "Middleware",
	"Middleware spec.errors.service.name":                   "Service",
	"Middleware spec.basicAuth.secret":                      "Secret",
	"Middleware spec.digestAuth.secret":                     "Secret",
	"Middleware spec.forwardAuth.tls.certSecret":            "Secret",
	"Middleware spec.forwardAuth.tls.caSecret":              "Secret",
	"VirtualService spec.http[].route[].destination.host":   "Service",
	"VirtualService spec.tcp[].route[].destination.host":    "Service",
	"VirtualService spec.tls[].route[].destination.host":    "Service",
	"VirtualService spec.http[].mirror.host":                "Service",
	"VirtualService spec.http[].mirrors[].destination.host": "Service",
	"VirtualService spec.http[].delegate.name":              "VirtualService",
	"VirtualService spec.gateways[]":                        "Gateway",
	"DestinationRule spec.host":                             "Service",
	"HTTPProxy spec.routes[].services[].name":               "Service",
	"HTTPProxy spec.tcpproxy.services[].name":               "Service",
	"HTTPProxy spec.includes[].name":                        "HTTPProxy",
	"Mapping spec.service":                                  "Service",
	"TCPMapping spec.service":                               "Service",
	"VirtualServer spec.upstreams[].service":                "Service",
	"VirtualServerRoute spec.upstreams[].service":           "Service",
	"ApisixRoute spec.http[].backends[].serviceName":        "Service",
	"KongIngress spec.proxy.host":                           "Service",
	"TrafficSplit spec.service":                             "Service",
	"TrafficSplit spec.backends[].service":                  "Service",
	"ServiceProfile spec.dstOverrides[].authority":          "Service",

	"HTTPRoute spec.rules[].filters[].requestMirror.backendRef.name": "Service",
	"HTTPRoute spec.parentRefs[].name":                               "Gateway",
	"GRPCRoute spec.parentRefs[].name":                               "Gateway",
	"TCPRoute spec.parentRefs[].name":                                "Gateway",
	"TLSRoute spec.parentRefs[].name":                                "Gateway",
	"Gateway spec.listeners[].tls.certificateRefs[].name":            "Secret",
	"BackendTLSPolicy spec.targetRefs[].name":                        "Service",
	"BackendTLSPolicy spec.validation.caCertificateRefs[].name":      "ConfigMap",

	"HTTPScaledObject spec.scaleTargetRef.name":           "Deployment",
	"HTTPScaledObject spec.scaleTargetRef.deployment":     "Deployment",
	"HTTPScaledObject spec.scaleTargetRef.service":        "Service",
	"ScaledObject spec.triggers[].authenticationRef.name": "TriggerAuthentication",
	"ScaledJob spec.triggers[].authenticationRef.name":    "TriggerAuthentication",

	"Rollout spec.workloadRef.name":                                          "Deployment",
	"Rollout spec.strategy.canary.stableService":                             "Service",
	"Rollout spec.strategy.canary.canaryService":                             "Service",
	"Rollout spec.strategy.blueGreen.activeService":                          "Service",
	"Rollout spec.strategy.blueGreen.previewService":                         "Service",
	"Rollout spec.strategy.canary.trafficRouting.nginx.stableIngress":        "Ingress",
	"Rollout spec.strategy.canary.trafficRouting.istio.virtualService.name":  "VirtualService",
	"Rollout spec.strategy.canary.steps[].analysis.templates[].templateName": "AnalysisTemplate",
	"Canary spec.targetRef.name":                                             "Deployment",
	"Canary spec.autoscalerRef.name":                                         "HorizontalPodAutoscaler",
	"Canary spec.ingressRef.name":                                            "Ingress",

	"Certificate spec.issuerRef.name":               "Issuer",
	"ExternalSecret spec.secretStoreRef.name":       "SecretStore",
	"PushSecret spec.secretStoreRefs[].name":        "SecretStore",
	"PushSecret spec.selector.secret.name":          "Secret",
	"ScheduledBackup spec.cluster.name":             "Cluster",
	"Backup spec.cluster.name":                      "Cluster",
	"Pooler spec.cluster.name":                      "Cluster",
	"Database spec.cluster.name":                    "Cluster",
	"VerticalPodAutoscaler spec.targetRef.name":     "Deployment",
	"RoleBinding subjects[].name":                   "ServiceAccount",
	"AuthorizationPolicy spec.targetRefs[].name":    "Service",
	"VaultStaticSecret spec.vaultAuthRef":           "VaultAuth",
	"VaultDynamicSecret spec.vaultAuthRef":          "VaultAuth",
	"VaultAuth spec.vaultConnectionRef":             "VaultConnection",
	"HelmRelease spec.chartRef.name":                "OCIRepository",
	"HelmRelease spec.chart.spec.sourceRef.name":    "HelmRepository",
	"HelmRelease spec.dependsOn[].name":             "HelmRelease",
	"HelmRelease spec.valuesFrom[].name":            "ConfigMap",
	"KafkaTopic metadata.labels.strimzi.io/cluster": "Kafka",
	"KafkaUser metadata.labels.strimzi.io/cluster":  "Kafka",
	"Ingress spec.tls[].secretName":                 "Secret",
}

// endings are how paths end that name an object, of whatever kind they are.
var endings = []struct{ ending, kind string }{
	{"ecretRef.name", "Secret"}, {"ecretKeyRef.name", "Secret"}, {"ecretName", "Secret"}, {"ecretTargetRef[].name", "Secret"},
	{"imagePullSecrets[].name", "Secret"}, {"existingSecret", "Secret"}, {"okenSecret.name", "Secret"}, {"sources[].secret.name", "Secret"},
	{"basicAuth.username.name", "Secret"}, {"basicAuth.password.name", "Secret"}, {"credentials.name", "Secret"},
	{"onfigMapRef.name", "ConfigMap"}, {"onfigMapKeyRef.name", "ConfigMap"}, {"configMap.name", "ConfigMap"}, {"existingConfigmap", "ConfigMap"}, {"existingConfigMap", "ConfigMap"},
	{"claimName", "PersistentVolumeClaim"}, {"existingClaim", "PersistentVolumeClaim"},
	{"serviceAccountName", "ServiceAccount"}, {"serviceAccountRef.name", "ServiceAccount"},
}

// annotated are the annotations that name objects of the preview.
var annotated = map[string]string{
	"nginx.ingress.kubernetes.io/auth-secret":                "Secret",
	"nginx.ingress.kubernetes.io/auth-tls-secret":            "Secret",
	"nginx.ingress.kubernetes.io/proxy-ssl-secret":           "Secret",
	"nginx.ingress.kubernetes.io/auth-proxy-set-headers":     "ConfigMap",
	"nginx.ingress.kubernetes.io/custom-headers":             "ConfigMap",
	"nginx.ingress.kubernetes.io/fastcgi-params-configmap":   "ConfigMap",
	"nginx.ingress.kubernetes.io/default-backend":            "Service",
	"nginx.org/basic-auth-secret":                            "Secret",
	"nginx.org/jwt-key":                                      "Secret",
	"haproxy.org/auth-secret":                                "Secret",
	"haproxy-ingress.github.io/auth-secret":                  "Secret",
	"ingress.kubernetes.io/auth-secret":                      "Secret",
	"cert-manager.io/issuer":                                 "Issuer",
	"cert-manager.io/inject-ca-from":                         "Certificate",
	"traefik.ingress.kubernetes.io/router.middlewares":       "Middleware",
	"traefik.ingress.kubernetes.io/router.tls.options":       "TLSOption",
	"traefik.ingress.kubernetes.io/service.serverstransport": "ServersTransport",
	"konghq.com/plugins":                                     "KongPlugin",
	"konghq.com/override":                                    "KongIngress",
	"networking.gke.io/managed-certificates":                 "ManagedCertificate",
	"networking.gke.io/v1beta1.FrontendConfig":               "FrontendConfig",
	"cloud.google.com/backend-config":                        "BackendConfig",
	"beta.cloud.google.com/backend-config":                   "BackendConfig",
	"configmap.reloader.stakater.com/reload":                 "ConfigMap",
	"secret.reloader.stakater.com/reload":                    "Secret",
	"kubernetes.io/service-account.name":                     "ServiceAccount",
	"projectcontour.io/tls-delegated-secret":                 "Secret",
}

// refers lists the objects that a value names, as far as its place says so.
func (v value) refers() []referred {
	text, _ := v.value.(string)
	if text == "" {
		return nil
	}
	where := general(v.path)
	if n := len(v.path); n > 1 && v.path[n-2] == "annotations" {
		return annotation(fmt.Sprint(v.path[n-1]), text)
	}
	kind := fields[v.object.GetKind()+" "+where]
	for _, known := range endings {
		if kind == "" && strings.HasSuffix(where, known.ending) {
			kind = known.kind
		}
	}
	if kind == "" {
		return nil
	}
	beside := func(field string) string { return textAt(v.object.Object, extend(v.path[:len(v.path)-1], field)...) }
	if other := beside("kind"); other != "" && strings.HasSuffix(where, "ame") {
		kind = other
	}
	out := referred{kind, text, ""}
	if !strings.HasSuffix(where, "ecretName") { // a Certificate says nothing of where
		out.namespace = beside("namespace")
	}
	if kind == "Service" {
		out = serviceAt(text, out.namespace)
	}
	if namespace, name, is := strings.Cut(text, "/"); is && kind == "Gateway" {
		out.namespace, out.name = namespace, name
	}
	return []referred{out}
}

// serviceAt reads a host, with or without a scheme, a port and a namespace.
func serviceAt(host, namespace string) referred {
	if _, after, is := strings.Cut(host, "://"); is {
		host = after
	}
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, ":")
	parts := strings.Split(host, ".")
	if len(parts) > 1 {
		namespace = parts[1]
	}
	return referred{"Service", parts[0], namespace}
}

// annotation lists the objects that an annotation names: NAME, NAMESPACE/NAME, a list of
// them, Traefik's NAMESPACE-NAME@kubernetescrd, or JSON whose texts are names.
func annotation(key, text string) []referred {
	kind := annotated[key]
	if kind == "" && strings.HasPrefix(key, "alb.ingress.kubernetes.io/actions.") {
		kind = "Service"
	}
	if kind == "" {
		return nil
	}
	var parsed any
	if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &parsed) == nil {
		var out []referred
		for _, leaf := range leaves(parsed) {
			if name, is := leaf.value.(string); is {
				out = append(out, referred{kind, name, ""})
			}
		}
		return out
	}
	var out []referred
	for _, one := range strings.Split(text, ",") {
		one = strings.TrimSpace(one)
		name, crd := strings.CutSuffix(one, "@kubernetescrd")
		namespace, after, has := strings.Cut(name, "/")
		switch {
		case crd:
			out = append(out, referred{kind, name, "-"})
		case has:
			out = append(out, referred{kind, after, namespace})
		default:
			out = append(out, referred{kind, name, ""})
		}
	}
	return out
}

// meant is what an object that is named has become in the preview, and whether it has
// another name there.
func (n names) became(r referred, namespace string) (string, renamed, bool) {
	if r.namespace == "-" { // NAMESPACE-NAME, of which nobody can tell where the one ends
		r.name, r.namespace = strings.TrimPrefix(r.name, namespace+"-"), ""
	}
	to, is := n.renamed[r.kind][r.name]
	elsewhere := r.namespace != "" && r.namespace != namespace || to.namespace != namespace
	if !is || elsewhere || n.isThere(r.kind, r.name) {
		return "", renamed{}, false
	}
	return r.name, to, true
}

// matcher is a label of a metric that has the name of an object.
var matcher = regexp.MustCompile(`\b(service|job|deployment|statefulset|daemonset|cronjob|ingress|horizontalpodautoscaler|persistentvolumeclaim)\s*=\s*"([^"]+)"`)

// matchers lists the objects that an expression of Prometheus names.
func matchers(expression string) []referred {
	kinds := map[string]string{
		"service": "Service", "job": "Service", "deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet",
		"cronjob": "CronJob", "ingress": "Ingress", "horizontalpodautoscaler": "HorizontalPodAutoscaler", "persistentvolumeclaim": "PersistentVolumeClaim",
	}
	var out []referred
	for _, found := range matcher.FindAllStringSubmatch(expression, -1) {
		out = append(out, referred{kinds[found[1]], found[2], ""})
	}
	return out
}
