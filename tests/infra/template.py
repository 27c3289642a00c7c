"""The CloudFormation template as Python, and the policies of its roles with every reference filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "infra" / "lake.yaml"
BUCKET = "lake-of-the-test"
ACCOUNT, REGION, STACK = "123456789012", "us-east-1", "covid-lake"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": STACK}


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, `!Ref x` for `{"Ref": "x"}`."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


@cache
def text() -> str:
    return FILE.read_text(encoding="utf-8")


@cache
def template() -> dict[str, Any]:
    return dict(yaml.load(text(), _Loader))  # noqa: S506 - a subclass of SafeLoader


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical name."""
    found = {name: one for name, one in template()["Resources"].items() if one["Type"] == kind}
    return {name: dict(one.get("Properties", {})) for name, one in found.items()}


def resolve(value: Any) -> Any:
    """The value with references replaced by what they would be; a made-up name where only AWS knows."""
    if isinstance(value, list):
        return [resolve(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"Ref"}:
        return _named(value["Ref"])
    if value.keys() == {"Fn::GetAtt"}:
        return _named(".".join(value["Fn::GetAtt"]))
    if value.keys() == {"Fn::Sub"}:
        return re.sub(r"\$\{([\w.:]+)\}", lambda found: str(_named(found[1])), value["Fn::Sub"])
    return {name: resolve(one) for name, one in value.items()}


def _named(name: str) -> Any:
    buckets = {"LakeBucket": BUCKET, "ResultBucket": f"{BUCKET}-athena"}
    resource, _, attribute = name.partition(".")
    if resource in buckets:
        return f"arn:aws:s3:::{buckets[resource]}" if attribute == "Arn" else buckets[resource]
    if name in PSEUDO:
        return PSEUDO[name]
    if name.endswith("Secret"):
        secret = resolve(template()["Resources"][name]["Properties"]["Name"])
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}"
    return name


@dataclass(frozen=True)
class Statement:
    """A statement of a policy."""

    place: str
    """The resource that has the policy, and the statement's name."""
    effect: str
    actions: tuple[str, ...]
    targets: tuple[str, ...]
    condition: Mapping[str, Any]

    def allows(self, action: str, target: str) -> bool:
        """Whether it covers a call; conditions are not looked at."""
        return (
            self.effect == "Allow"
            and any(_fits(one, action) for one in self.actions)
            and any(_fits(one, target) for one in self.targets)
        )


def _fits(pattern: str, text: str) -> bool:
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def statements_of(place: str, document: Mapping[str, Any]) -> Iterator[Statement]:
    for number, one in enumerate(document["Statement"]):
        yield Statement(
            place=f"{place}.{one.get('Sid', number)}",
            effect=one["Effect"],
            actions=tuple(_listed(one["Action"])),
            targets=tuple(resolve(_listed(one.get("Resource", [])))),
            condition=one.get("Condition", {}),
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def rights_of(role: str) -> tuple[Statement, ...]:
    """Every statement that a role has: its own, and those of the managed policies that it names."""
    properties = resources("AWS::IAM::Role")[role]
    own = [one for policy in properties["Policies"] for one in statements_of(role, policy["PolicyDocument"])]
    shared = [
        one
        for reference in properties.get("ManagedPolicyArns", ())
        for one in statements_of(
            reference["Ref"], resources("AWS::IAM::ManagedPolicy")[reference["Ref"]]["PolicyDocument"]
        )
    ]
    return (*shared, *own)


def all_statements() -> Iterator[Statement]:
    """Every statement of every policy that gives rights: of roles, managed policies, buckets and topics."""
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            yield from statements_of(name, policy["PolicyDocument"])
    for kind in ("AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"):
        for name, properties in resources(kind).items():
            yield from statements_of(name, properties["PolicyDocument"])
