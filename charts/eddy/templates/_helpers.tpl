{{- define "eddy.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of everything: that of the release, with the chart's where it is not in it. */}}
{{- define "eddy.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "eddy.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "eddy.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "eddy.selectorLabels" -}}
app.kubernetes.io/name: {{ include "eddy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "eddy.labels" -}}
{{ include "eddy.commonLabels" . }}
app.kubernetes.io/component: operator
{{- end }}

{{/* Of what previews go on needing when the operator is taken out. */}}
{{- define "eddy.previewLabels" -}}
{{ include "eddy.commonLabels" . }}
app.kubernetes.io/component: previews
{{- end }}

{{/* Of what they need too, and go on needing no longer than it is asked for. */}}
{{- define "eddy.ownNamespacesLabels" -}}
{{ include "eddy.commonLabels" . }}
app.kubernetes.io/component: own-namespaces
{{- end }}

{{- define "eddy.commonLabels" -}}
{{ include "eddy.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "eddy.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "eddy.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "eddy.image" -}}
{{- with .Values.image }}
{{- .repository }}:{{ .tag | default (printf "v%s" $.Chart.AppVersion) }}{{ with .digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/* The port of an address such as :8080; "" when the endpoint is off. */}}
{{- define "eddy.port" -}}
{{- with . }}{{ with regexFind ":[0-9]+$" . }}{{ trimPrefix ":" . }}{{ end }}{{ end }}
{{- end }}

{{/* One flag for each of the operator's values, for root and a shard; "" is what has no shard. */}}
{{- define "eddy.flags" -}}
{{- $flags := mustMergeOverwrite (dict) .root.Values.operator }}
{{- $lease := default (include "eddy.fullname" .root) $flags.leaderElectionId }}
{{- $_ := set $flags "leaderElectionId" (ternary $lease (printf "%s-%s" $lease .shard) (empty .shard)) }}
{{- if .shard }}
{{- $_ := set $flags "watchLabelSelector" (printf "sharding.fluxcd.io/key=%s" .shard) }}
{{- else if .root.Values.shards }}
{{- $_ := set $flags "watchLabelSelector" "!sharding.fluxcd.io/key" }}
{{- end }}
{{- range $name, $value := $flags }}
{{- $flag := printf "--%s" (kebabcase $name) }}
{{- if kindIs "slice" $value }}
{{- range $value }}
- {{ printf "%s=%s" $flag . | quote }}
{{- end }}
{{- else if kindIs "float64" $value }}
- {{ printf "%s=%d" $flag (int64 $value) | quote }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "%s=%v" $flag $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The accounts that the operator may act as, as a YAML list. */}}
{{- define "eddy.accounts" -}}
{{- with .Values }}
{{- concat .rbac.accounts (list .operator.defaultServiceAccount .operator.defaultWorkloadIdentityServiceAccount) | compact | uniq | sortAlpha | toYaml }}
{{- end }}
{{- end }}
