{{- define "kinitro.labels" -}}
app.kubernetes.io/name: kinitro
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "kinitro.image" -}}
{{ .root.Values.image.repository }}/{{ .component }}:{{ required "Set image.tag to the tag that tools/build_images.sh printed" .root.Values.image.tag }}
{{- end }}

{{- define "kinitro.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001, seccompProfile: { type: RuntimeDefault } }
{{- end }}

{{- define "kinitro.container" -}}
securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
{{- end }}

{{- define "kinitro.alive" -}}
livenessProbe:
  exec: { command: [sh, -c, "find /tmp/alive -mmin -1 | grep -q ."] }
  initialDelaySeconds: 120
  periodSeconds: 30
  timeoutSeconds: 5
{{- end }}

{{- define "kinitro.env" -}}
{{- range $name, $value := . }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
