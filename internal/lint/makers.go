package lint

import (
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
)

// maker is a kind whose objects have others made for them by an operator, under names
// that follow from their own, or that a field says.
type maker struct {
	group, kind string
	// makes is the kind of what is made.
	makes string
	// names of it, with * for the name of the maker.
	names []string
	// field says the name, and counts before names.
	field []any
}

// makers are those of the field that are met beside what people deploy. What is made has
// no manifest, so no tool that renames objects knows it.
func makers() []maker {
	secret := func(group, kind string, names ...string) maker { return maker{group, kind, "Secret", names, nil} }
	told := func(group, kind string, field ...any) maker { return maker{group, kind, "Secret", nil, field} }
	service := func(group, kind string, names ...string) maker { return maker{group, kind, "Service", names, nil} }
	return []maker{
		{"external-secrets.io", "ExternalSecret", "Secret", []string{"*"}, []any{"spec", "target", "name"}},
		{"generators.external-secrets.io", "ClusterGenerator", "Secret", nil, []any{"spec", "target", "name"}},
		secret("bitnami.com", "SealedSecret", "*"),
		told("cert-manager.io", "Certificate", "spec", "secretName"),
		told("secrets.hashicorp.com", "VaultStaticSecret", "spec", "destination", "name"),
		told("secrets.hashicorp.com", "VaultDynamicSecret", "spec", "destination", "name"),
		told("secrets.hashicorp.com", "VaultPKISecret", "spec", "destination", "name"),
		told("secrets.hashicorp.com", "HCPVaultSecretsApp", "spec", "destination", "name"),
		secret("ricoberger.de", "VaultSecret", "*"),
		secret("onepassword.com", "OnePasswordItem", "*"),
		told("k8s.bitwarden.com", "BitwardenSecret", "spec", "secretName"),
		told("secrets.infisical.com", "InfisicalSecret", "spec", "managedSecretReference", "secretName"),
		told("secrets.doppler.com", "DopplerSecret", "spec", "managedSecret", "name"),
		{"spv.no", "AzureKeyVaultSecret", "Secret", []string{"*"}, []any{"spec", "output", "secret", "name"}},
		{"secrets-store.csi.x-k8s.io", "SecretProviderClass", "Secret", nil, []any{"spec", "secretObjects", 0, "secretName"}},
		{"isindir.github.com", "SopsSecret", "Secret", nil, []any{"spec", "secretTemplates", 0, "name"}},
		secret("secretgenerator.mittwald.de", "StringSecret", "*"),
		secret("secretgenerator.mittwald.de", "BasicAuth", "*"),
		secret("secretgenerator.mittwald.de", "SSHKeyPair", "*"),
		secret("kafka.strimzi.io", "KafkaUser", "*"),
		secret("kafka.strimzi.io", "Kafka", "*-cluster-ca-cert", "*-clients-ca-cert"),
		service("kafka.strimzi.io", "Kafka", "*-kafka-bootstrap", "*-kafka-brokers"),
		secret("postgresql.cnpg.io", "Cluster", "*-app", "*-superuser", "*-ca", "*-server", "*-replication"),
		service("postgresql.cnpg.io", "Cluster", "*-rw", "*-ro", "*-r"),
		service("postgresql.cnpg.io", "Pooler", "*"),
		service("acid.zalan.do", "postgresql", "*", "*-repl", "*-pooler"),
		secret("postgres-operator.crunchydata.com", "PostgresCluster", "*-pguser-*"),
		service("postgres-operator.crunchydata.com", "PostgresCluster", "*-primary", "*-replicas", "*-pgbouncer"),
		secret("rabbitmq.com", "RabbitmqCluster", "*-default-user"),
		service("rabbitmq.com", "RabbitmqCluster", "*", "*-nodes"),
		secret("elasticsearch.k8s.elastic.co", "Elasticsearch", "*-es-elastic-user", "*-es-http-certs-public"),
		service("elasticsearch.k8s.elastic.co", "Elasticsearch", "*-es-http"),
		service("kibana.k8s.elastic.co", "Kibana", "*-kb-http"),
		secret("objectbucket.io", "ObjectBucketClaim", "*"),
		{"objectbucket.io", "ObjectBucketClaim", "ConfigMap", []string{"*"}, nil},
		service("mongodbcommunity.mongodb.com", "MongoDBCommunity", "*-svc"),
		service("k8s.mariadb.com", "MariaDB", "*", "*-primary", "*-secondary"),
		service("mysql.oracle.com", "InnoDBCluster", "*", "*-instances"),
		service("redis.redis.opstreelabs.in", "Redis", "*", "*-headless"),
		service("databases.spotahome.com", "RedisFailover", "rfs-*", "rfr-*"),
		service("dragonflydb.io", "Dragonfly", "*"),
		service("serving.knative.dev", "Service", "*"),
	}
}

// made is what an operator makes for an object, beside what Kubernetes does.
type made struct{ kind, name string }

// makes lists what is made for the object when it is called by a name: its own, or the
// one that it has without a suffix.
func (o object) makes(name string) []made {
	var out []made
	for _, maker := range makers() {
		if maker.group != o.GroupVersionKind().Group || maker.kind != o.GetKind() {
			continue
		}
		if told := textAt(o.Object, maker.field...); len(maker.field) > 0 && told != "" {
			out = append(out, made{maker.makes, told})
			continue
		}
		for _, pattern := range maker.names {
			out = append(out, made{maker.makes, strings.Replace(pattern, "*", name, 1)})
		}
	}
	if told := textAt(o.Object, "spec", "writeConnectionSecretToRef", "name"); told != "" {
		out = append(out, made{"Secret", told})
	}
	return append(out, o.shimmed()...)
}

// shimmed are the Secrets that cert-manager makes for an Ingress, as its annotations
// ask for.
func (o object) shimmed() []made {
	annotations := o.GetAnnotations()
	asked := annotations["cert-manager.io/cluster-issuer"] + annotations["cert-manager.io/issuer"] + annotations["kubernetes.io/tls-acme"]
	if asked == "" || o.GetKind() != "Ingress" && o.GetKind() != "Gateway" {
		return nil
	}
	var out []made
	for _, leaf := range leaves(o.Object) {
		name, _ := leaf.value.(string)
		switch where := general(leaf.path); {
		case o.GetKind() == "Ingress" && where == "spec.tls[].secretName", o.GetKind() == "Gateway" && where == "spec.listeners[].tls.certificateRefs[].name":
			out = append(out, made{"Secret", name})
		}
	}
	return out
}

// adopts reports whether what makes a Secret fills one that is there, and takes no
// ownership of it.
func (o object) adopts() bool {
	return textAt(o.Object, "spec", "target", "creationPolicy") != "" && textAt(o.Object, "spec", "target", "creationPolicy") != "Owner"
}

// madesOfPreviews are what is made for the previews' objects, of two of them.
func (p pair) mades() []pairMade {
	if p.a.adopts() || p.isSame() || p.a.namespace() != p.b.namespace() || flux.Is(p.a.GroupVersionKind().GroupKind()) {
		return nil
	}
	var out []pairMade
	theirs := p.b.makes(p.b.GetName())
	for n, one := range p.a.makes(p.a.GetName()) {
		if n < len(theirs) && one == theirs[n] {
			out = append(out, pairMade{p, one})
		}
	}
	return out
}

// pairMade is what is made for the objects of two previews by one name.
type pairMade struct {
	pair
	made
}
