"""The permissions of CoreDNS.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.inputs.objects.fields import mappings
from kpl.inputs.objects.named import NamedObject, NamedReader, clue_of, texts
from kpl.inputs.reader import Leaves, ObjectKind, Takes
from kpl.inputs.yaml.tree import Mapping
from kpl.text.span import Text


class RoleRule(NamedTuple):
    """What a rule of a role allows."""

    node: Mapping
    api_groups: list[Text]
    resources: list[Text]
    verbs: list[Text]


class AccessRole(NamedObject):
    """A ClusterRole or a Role."""

    @property
    def rules(self) -> list[RoleRule]:
        """Its rules."""
        return [
            RoleRule(each, texts(each, "apiGroups"), texts(each, "resources"), texts(each, "verbs"))
            for each in mappings(self.node, "rules")
        ]


class RoleSubject(NamedTuple):
    """Who gets a role."""

    kind: Text | None
    name: Text | None
    namespace: Text | None


class AccessBinding(NamedObject):
    """A ClusterRoleBinding or a RoleBinding."""

    @property
    def role(self) -> Text | None:
        """The name of the role that it gives."""
        return self.node.text("roleRef", "name")

    @property
    def subjects(self) -> list[RoleSubject]:
        """Who gets it."""
        return [
            RoleSubject(each.text("kind"), each.text("name"), each.text("namespace"))
            for each in mappings(self.node, "subjects")
        ]


class AccessRoleReader(NamedReader):
    """Reads the roles of CoreDNS."""

    model = AccessRole
    kind = ObjectKind(
        models=("AccessRole",),
        kinds=("ClusterRole", "Role"),
        groups=("rbac.authorization.k8s.io/",),
        late=("ClusterRole", "Role"),
        clues=(clue_of("(?:Cluster)?Role"),),
    )
    examples = (
        Takes(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'system:coredns'}\nrules: []\n",
            {"kind": "ClusterRole", "name": "system:coredns", "namespace": "", "rules": []},
        ),
        Leaves("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: web}\n"),
        Leaves("apiVersion: iam.aws.example/v1\nkind: Role\nmetadata: {name: coredns}\n"),
    )


class AccessBindingReader(NamedReader):
    """Reads the bindings of the roles of CoreDNS."""

    model = AccessBinding
    kind = ObjectKind(
        models=("AccessBinding",),
        kinds=("ClusterRoleBinding", "RoleBinding"),
        groups=("rbac.authorization.k8s.io/",),
        late=("ClusterRoleBinding", "RoleBinding"),
        clues=(clue_of("(?:Cluster)?RoleBinding"),),
        tells=True,
    )
    examples = (
        Takes(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nroleRef: {name: 'system:coredns'}\n"
            "subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}, {}]\n",
            {"role": "system:coredns", "subjects": [("ServiceAccount", "coredns", "kube-system"), (None, None, None)]},
        ),
        Leaves("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nroleRef: {name: web}\n"),
    )
