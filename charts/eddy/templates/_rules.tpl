{{/* What the operator may do as itself, wherever it works. What it applies, it
applies as the accounts that it may impersonate. */}}
{{- define "eddy.rules" -}}
# Its own kinds.
- apiGroups: [fluxcd.controlplane.io]
  resources: [resourcesets, resourcesetinputproviders]
  verbs: [get, list, watch, patch, update]
- apiGroups: [fluxcd.controlplane.io]
  resources: [resourcesets/status, resourcesetinputproviders/status]
  verbs: [get, patch, update]
# Credentials of providers, and what previews copy from.
- apiGroups: [""]
  resources: [secrets, configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get]
- apiGroups: ["", events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- $accounts := include "eddy.accounts" . | fromYamlArray }}
{{- if $accounts }}
# The accounts that it acts as, and whose identity it has in a cloud.
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [impersonate]
  {{- if not (has "*" $accounts) }}
  resourceNames: {{- toYaml $accounts | nindent 4 }}
  {{- end }}
- apiGroups: [""]
  resources: [serviceaccounts/token]
  verbs: [create]
  {{- if not (has "*" $accounts) }}
  resourceNames: {{- toYaml $accounts | nindent 4 }}
  {{- end }}
{{- end }}
{{- range .Values.rbac.watch }}
- {{ merge (dict "verbs" (list "get" "list" "watch")) . | toYaml | nindent 2 | trim }}
{{- end }}
{{- with .Values.rbac.extraRules }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What the account of previews may do in its namespace. */}}
{{- define "eddy.previewRules" -}}
- apiGroups: [kustomize.toolkit.fluxcd.io, helm.toolkit.fluxcd.io, source.toolkit.fluxcd.io]
  resources: ["*"]
  verbs: [get, list, watch, create, patch, update, delete]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, patch, update, delete]
# What a set may depend on.
- apiGroups: [fluxcd.controlplane.io]
  resources: [resourcesets, resourcesetinputproviders]
  verbs: [get]
# Where a preview answers.
- apiGroups: [networking.k8s.io]
  resources: [ingresses]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch]
# Whether it runs, for spec.readiness, and why not.
- apiGroups: [apps]
  resources: [deployments, statefulsets, daemonsets, replicasets]
  verbs: [list]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [list]
- apiGroups: [""]
  resources: [pods, events]
  verbs: [list]
{{- with .Values.previews.extraRules }}
{{ toYaml . }}
{{- end }}
{{- end }}
