"""Which values are host names that a program looks up, and which only look like it."""

from __future__ import annotations

import json

import pytest

from kpl.inputs.objects.workloads import Workload
from kpl.inputs.read import read
from kpl.resolver.keys import words_of
from kpl.resolver.names import HostName, classify, host_names
from kpl.resolver.search import NameKind

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: cart, namespace: shop}
spec:
  containers:
    - name: cart
      image: shop/cart:3
"""


def found(body: str) -> list[HostName]:
    reading = read("pod.yaml", (POD + body).encode())
    assert reading is not None
    workload = reading.documents[0].model
    assert isinstance(workload, Workload)
    names = list(host_names(workload, workload.containers[0], "cluster.local"))
    for host in names:
        assert workload.text[slice(*host.name.span)] == host.name, "the span is the name itself"
    return names


def in_env(key: str, value: str) -> list[str]:
    return [str(host.name) for host in found(f"      env: [{{name: {key}, value: {json.dumps(value)}}}]\n")]


def in_args(*args: str) -> list[str]:
    return [str(host.name) for host in found(f"      args: {json.dumps(args)}\n")]


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("REDIS_URL", "redis://redis.cache.svc.cluster.local:6379/0", ["redis.cache.svc.cluster.local"]),
        ("REDIS_URL", "redis://u:p%40ss@redis.cache.svc:6379/0", ["redis.cache.svc"]),
        ("DB", "postgresql://${USER}:${PASSWORD}@db.data.svc.cluster.local/x?a=b@c", ["db.data.svc.cluster.local"]),
        ("JDBC", "jdbc:mysql://db.data.svc.cluster.local:3306/x", ["db.data.svc.cluster.local"]),
        ("MONGO", "mongodb://a.db.svc:27017,b.db.svc:27017/x", ["a.db.svc", "b.db.svc"]),
        ("NODES", "http://a.es.svc:9200,http://b.es.svc:9200", ["a.es.svc", "b.es.svc"]),
        ("KAFKA_BROKERS", "a.bus.svc:9092, b.bus.svc:9092", ["a.bus.svc", "b.bus.svc"]),
        ("ZIPKIN", "zipkin.jaeger.svc.cluster.local", ["zipkin.jaeger.svc.cluster.local"]),
        ("OPENAI_BASE_URL", "http://llm.ai.svc.cluster.local/v1", ["llm.ai.svc.cluster.local"]),
        ("JAVA_OPTS", "-Xmx64m -Dzipkin=http://zipkin.jaeger.svc:9411/api", ["zipkin.jaeger.svc"]),
        ("SETTINGS", '{"url": "http://tax.shop.svc/v1"}', ["tax.shop.svc"]),
        ("TAX_ADDR", "tax.shop.svc.cluster.local.:80", ["tax.shop.svc.cluster.local."]),
        ("REDIS_HOST", "redis", ["redis"]),
        ("REDIS_HOST", "redis.cache:6379", ["redis.cache"]),
        ("API", "https://kubernetes.default", ["kubernetes.default"]),
        ("SMTP_HOST", "smtp.sendgrid.net", ["smtp.sendgrid.net"]),
        ("STRIPE_API_URL", "https://api.stripe.com/v1", ["api.stripe.com"]),
        ("SENTRY_DSN", "https://abc@o1.ingest.sentry.io/4", ["o1.ingest.sentry.io"]),
        ("HTTPS_PROXY", "http://proxy.corp.io:3128", ["proxy.corp.io"]),
        ("DATABASE_URL", "postgres://u:p@db.eu.aivencloud.com/x", ["db.eu.aivencloud.com"]),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.eu.grafana.net", ["otlp.eu.grafana.net"]),
        ("AMQP_ADDRESSES", "a.mq.corp.io:5672,b.mq.corp.io:5672", ["a.mq.corp.io", "b.mq.corp.io"]),
    ],
)
def test_is_looked_up(key: str, value: str, names: list[str]) -> None:
    assert in_env(key, value) == names


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CORS_ALLOW_ORIGIN", "https://www.shop.co.uk"),
        ("OAUTH_CALLBACK_URL", "https://www.shop.co.uk/done"),
        ("REDIRECT_URI", "https://www.shop.co.uk/done"),
        ("CONTAINER_REGISTRY_URL", "https://registry.corp.io"),
        ("REPO_URL", "https://git.corp.io/shop/cart"),
        ("IMAGE_SERVER", "registry.corp.io:5000"),
        ("DOMAIN", "www.shop.co.uk"),
        ("NEXT_PUBLIC_API_URL", "https://api.shop.co.uk"),
        ("VITE_API_URL", "https://api.shop.co.uk"),
        ("EXTERNAL_URL", "http://cart.shop.svc.cluster.local"),
        ("BASE_URL", "http://x.shop.svc.cluster.local"),
        ("ROOT_URL", "https://www.shop.co.uk"),
        ("SHOP_PublishedServerApi", "https://www.shop.co.uk"),
        ("SHOP_WELL_KNOWN__SERVER", "matrix.shop.co.uk:443"),
        ("NO_PROXY", "localhost,db.data.svc.cluster.local,.svc"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://kafka.bus.svc.cluster.local:9092"),
        ("OIDC_ISSUER", "https://login.shop.co.uk"),
        ("TLS_SERVER_NAME", "db.data.svc.cluster.local"),
        ("CERT_SANS", "db.data.svc,db.data.svc.cluster.local"),
        # the program's own address, or a page for people
        ("CART_URL", "https://www.shop.co.uk"),
        ("CART_HOST", "www.shop.co.uk"),
        ("SERVER_URL", "https://www.shop.co.uk"),
        ("HOST", "www.shop.co.uk"),
        ("SHOP_URL", "https://www.shop.co.uk"),
        ("CART_URL", "http://cart.shop.svc.cluster.local"),
        # no names, or none that is known yet
        ("CONFIG_SERVER", "10.0.0.7:80"),
        ("METRICS_SERVER", "http://[fd00::7]:80"),
        ("REDIS_HOST", "localhost"),
        ("REDIS_HOST", "${REDIS_HOST}"),
        ("REDIS_HOST", "redis.$(NAMESPACE).svc.cluster.local"),
        ("REDIS_HOST", "{{ redis }}.cache.svc.cluster.local"),
        ("REDIS_URL", "redis://$(REDIS_HOST):6379"),
        ("REDIS_HOST", "__REDIS_HOST__"),
        ("SMTP_HOST", "smtp.example.com"),
        ("SMTP_HOST", "smtp.your-company.com"),
        ("SMTP_HOST", "*.sendgrid.net"),
        ("SMTP_SERVER", "cart@mail.shop.co.uk"),
        ("PRINTER_HOST", "printer.hall.local"),
        ("DB_ADDRESS", "/var/run/db.data.svc"),
        ("CSI_ENDPOINT", "unix:///csi/csi.sock"),
        ("BACKUP_TARGET", "s3://backup.eu.shop.co.uk/x"),
        ("CONFIG", "config.prod.yaml"),
        ("MAIN_CLASS", "com.shop.cart.Main"),
        ("API_GROUP", "apps.shop.io"),
        ("DRIVER", "csi.disk.shop.io"),
        ("APP_VERSION", "1.2.3"),
        # a pod of a StatefulSet in the namespace `dev`
        ("DB_HOST", "db-0.db.dev"),
        # a script
        ("SCRIPT", "echo\ncurl http://db.data.svc.cluster.local\n"),
    ],
)
def test_is_not_looked_up(key: str, value: str) -> None:
    assert in_env(key, value) == []


@pytest.mark.parametrize(
    ("value", "names"),
    [
        # of a URL the host alone, whatever stands around it
        ("redis://u:p@ss@r.x.svc:6379/0", ["r.x.svc"]),
        ("jdbc:mysql://db.x.svc:3306/a?b=c", ["db.x.svc"]),
        ("git+ssh://db.x.svc/a", []),
        ("GIT://db.x.svc/a", []),
        ("jdbc:s3://db.x.svc/a", []),
        ("http://a.x.svc,b.x.svc:80/c", ["a.x.svc", "b.x.svc"]),
        ("http://a.x.svc,,b.x.svc", ["a.x.svc", "b.x.svc"]),
        ("http://a.x.svc http://b.x.svc", ["a.x.svc", "b.x.svc"]),
        ("http://a.x.svc:999999", []),
        ("http://a_b.x.svc", ["a_b.x.svc"]),
        ("http://-a.x.svc", []),
        ("http://a.x.svc?c", ["a.x.svc"]),
        ("http://a.x.svc#c", ["a.x.svc"]),
        # a list of hosts, and nothing but hosts
        ("a.x.svc; b.x.svc", ["a.x.svc", "b.x.svc"]),
        ("a.x.svc or/and b.x.svc", []),
        ("a.x.svc:80:90", []),
        ("y" * 63 + ".x.svc", ["y" * 63 + ".x.svc"]),
        ("y" * 64 + ".x.svc", []),
        ("a.x.svc" + " " * 4089, ["a.x.svc"]),
        ("a.x.svc" + " " * 4090, []),
        ("a.x.svc\n", ["a.x.svc"]),
        ("a.x.svc\nb.x.svc", []),
        # the program's own name, and names that stand for others
        ("cart.x.svc", []),
        ("Cart.x.svc", []),
        ("cart-db.x.svc", ["cart-db.x.svc"]),
        ("your-db.x.svc", []),
        ("your-db.x.svc.cluster.local", ["your-db.x.svc.cluster.local"]),
        ("db.example", []),
        ("12345", []),
        ("10.0.0.1", []),
    ],
)
def test_hosts_in_a_value(value: str, names: list[str]) -> None:
    assert in_env("TAX", value) == names


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        # a name that the cluster may have is looked up where the variable says so, or a scheme
        ("TAX_HOST", "tax", ["tax"]),
        ("TAX", "tax", []),
        ("TAX", "http://tax", ["tax"]),
        ("TAX_HOST", "tax.dev", ["tax.dev"]),
        ("TAX_HOST", "tax.shop", ["tax.shop"]),
        ("TAX_HOST_FILE", "tax", []),
        # outside: the far end has a word of its own
        ("SERVER", "tax.corp.io", ["tax.corp.io"]),
        ("SERVER", "cart.corp.io", []),
        ("SERVER", "tax.corp.io:443", ["tax.corp.io"]),
        ("CART_SERVER", "tax.corp.io:443", ["tax.corp.io"]),
        ("CART", "tax.corp.io:443", []),
        ("PUBLIC_SERVER", "tax.corp.io:443", []),
        ("MIRROR", "tax.corp.io", ["tax.corp.io"]),
        ("SOURCE", "https://tax.corp.io/list", ["tax.corp.io"]),
        ("LEVEL", "tax.corp.io", []),
        ("TAX_SERVER", "tax.corp.example", ["tax.corp.example"]),
        ("TAX_SERVER", "tax.example.org", []),
        ("TAX_SERVER", "tax.corp.io", ["tax.corp.io"]),
        ("TAX_SERVER", "tax.corp.shop", []),
        ("TAX_SERVER", "tax.corp.lan", []),
        ("TAX_SERVER", "tax.svc.corp.io", []),
        ("TAX_SERVER", "corp.io", ["corp.io"]),
        ("TAX_SERVER", "db-0.db.io", []),
        ("TAX_URL", "https://tax.corp.io", []),
        ("TAX_API_URL", "https://tax.corp.io", ["tax.corp.io"]),
        ("TAX_URL", "amqp://tax.corp.io", ["tax.corp.io"]),
        ("TAX_URL", "wss://tax.corp.io", []),
        ("TAX", "amqp://tax.corp.io", ["tax.corp.io"]),
        ("API_URL", "https://tax.corp.io", ["tax.corp.io"]),
        ("CART_API_URL", "https://tax.corp.io", ["tax.corp.io"]),
        ("CART_SERVER", "tax.corp.io", []),
        ("WEB_API_URL", "https://tax.corp.io", []),
        ("TAX_LOGIN_ENDPOINT", "https://tax.corp.io", []),
        ("", "tax.corp.io", []),
    ],
)
def test_what_the_name_of_a_variable_says(key: str, value: str, names: list[str]) -> None:
    assert in_env(f"'{key}'", value) == names


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--tax-host", "tax"], ["tax"]),
        (["--tax-host", "--verbose", "tax"], []),
        (["--tax-host", "tax", "other"], ["tax"]),
        (["-tax-host=tax"], ["tax"]),
        (["tax"], []),
        (["http://tax"], []),
        (["a.x.svc", "a.x.svc"], ["a.x.svc", "a.x.svc"]),
        (["--a=b c.x.svc"], []),
    ],
)
def test_flags_and_their_values(args: list[str], names: list[str]) -> None:
    assert in_args(*args) == names


def test_a_flag_of_the_command_takes_no_argument_as_its_value() -> None:
    assert found("      command: [x, --tax-host]\n      args: [tax]\n") == []
    (host,) = found("      command: [x, --tax-host, tax]\n      args: [tax]\n")
    assert (host.key, host.kind, host.certain) == ("tax-host", NameKind.SERVICE, False)


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["--redis-addr=redis.cache.svc:6379"], ["redis.cache.svc"]),
        (["--redis-addr", "redis.cache.svc:6379", "--verbose"], ["redis.cache.svc"]),
        (["-Dspring.zipkin.base-url=http://zipkin.jaeger.svc:9411"], ["zipkin.jaeger.svc"]),
        (["probe", "app.weave.svc.cluster.local:80"], ["app.weave.svc.cluster.local"]),
        (["--github-endpoint=https://api.github.com"], ["api.github.com"]),
        (["--upstream=https://api.corp.io", "--upstream=http://tax.shop.svc"], ["api.corp.io", "tax.shop.svc"]),
        (["--cors-allowed-origins=https://www.shop.co.uk"], []),
        (["--external-url=http://x.shop.svc.cluster.local"], []),
        (["--web.external-url", "https://www.shop.co.uk"], []),
        (["--domain", "www.shop.co.uk"], []),
        (["--hostname=www.shop.co.uk"], []),
        (["create", "--host=webhook.shop.svc,webhook"], []),
        (["--repo=https://git.corp.io/x", "--registry=registry.corp.io"], []),
        (["www.shop.co.uk"], []),
        (["-c", "curl http://tax.shop.svc.cluster.local"], []),
        (["--config=/etc/cart/config.prod.yaml"], []),
    ],
)
def test_arguments(args: list[str], names: list[str]) -> None:
    assert in_args(*args) == names


def test_span_in_every_scalar_style() -> None:
    for written in ("redis://r.x.svc", "'redis://r.x.svc'", '"redis:\\/\\/r.x.svc"', ">-\n            redis://r.x.svc"):
        assert [
            str(host.name) for host in found(f"      env:\n        - name: REDIS_URL\n          value: {written}\n")
        ] == ["r.x.svc"]


@pytest.mark.parametrize(
    ("name", "domain", "kind", "certain"),
    [
        ("redis", "cluster.local", NameKind.SERVICE, False),
        ("redis.cache", "cluster.local", NameKind.NAMESPACED, False),
        ("redis.dev", "cluster.local", NameKind.EXTERNAL, False),
        ("kubernetes.default", "cluster.local", NameKind.NAMESPACED, True),
        ("redis.cache.svc", "cluster.local", NameKind.PARTIAL, True),
        ("redis-0.redis.cache.svc", "cluster.local", NameKind.PARTIAL, True),
        ("Redis.Cache.svc.Cluster.Local", "cluster.local", NameKind.CLUSTER, True),
        ("redis.cache.svc.cluster.local.", "cluster.local", NameKind.CLUSTER, True),
        ("redis.cache.svc.cluster.local", "k8s.corp.io", NameKind.EXTERNAL, True),
        ("redis.cache.svc.k8s.corp.io", "k8s.corp.io.", NameKind.CLUSTER, True),
        ("api.stripe.com", "cluster.local", NameKind.EXTERNAL, True),
        ("com.", "cluster.local", NameKind.EXTERNAL, True),
        ("redis.svc.cluster.local", "cluster.local", NameKind.EXTERNAL, True),
        ("a.b.pod.cluster.local", "cluster.local", NameKind.EXTERNAL, True),
        ("a.b.c.d.svc", "cluster.local", NameKind.EXTERNAL, True),
        ("a.svc", "cluster.local", NameKind.NAMESPACED, False),
        ("kubernetes.default.", "cluster.local", NameKind.EXTERNAL, True),
        ("Kubernetes.Default", "cluster.local", NameKind.NAMESPACED, True),
    ],
)
def test_classify(name: str, domain: str, kind: NameKind, certain: bool) -> None:
    assert classify(name, domain) == (kind, certain)


def test_words_of() -> None:
    assert words_of("KAFKA_BOOTSTRAP-servers") == ("KAFKA", "BOOTSTRAP", "SERVERS")
    assert words_of("kafkaBootstrapURL") == ("KAFKA", "BOOTSTRAP", "URL")
    assert words_of("spring.redis.host") == ("SPRING", "REDIS", "HOST")
