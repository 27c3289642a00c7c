"""The keys of pseudonyms: where they come from, and how a table knows that one has changed."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Mapping

from covid_lake.errors import SettingsError
from covid_lake.flows import PseudonymKey, Step

SECRETS_MANAGER = "secretsmanager:"
SHORTEST = 32


def resolve_keys(steps: Collection[Step], key_of: Callable[[PseudonymKey], bytes]) -> dict[str, bytes]:
    """The keys that the steps need, by name."""
    return {key.name: key_of(key) for key in dict.fromkeys(key for step in steps for key in step.keys)}


def digests_of(keys: Mapping[str, bytes]) -> dict[str, str]:
    """A digest of each key, by which a change shows; the key can't be computed from it."""
    return {name: hmac.new(key, b"covid_lake fingerprint", hashlib.sha256).hexdigest() for name, key in keys.items()}


def key_of_environment(key: PseudonymKey) -> bytes:
    """The key in the environment variable, or in the secret of AWS Secrets Manager that the variable names.

    Raises `SettingsError`, which says how to make a key, where there is none or it is too short.
    """
    text = os.environ.get(key.variable, "").strip()
    if text.startswith(SECRETS_MANAGER):
        text = _secret(text.removeprefix(SECRETS_MANAGER), key)
    if len(text) < SHORTEST:
        found = "is not set" if not text else f"is shorter than {SHORTEST} characters"
        raise SettingsError(
            f"{key.purpose}, and the key {key.variable} {found}. Make one with: export {key.variable}=$(openssl rand "
            f"-hex 32); keep it, for another key gives other pseudonyms. {key.variable}={SECRETS_MANAGER}NAME takes it "
            "from AWS Secrets Manager"
        )
    return text.encode()


def _secret(name: str, key: PseudonymKey) -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]).strip()
    except (BotoCoreError, ClientError, KeyError) as error:
        raise SettingsError(f"{key.variable} names the secret {name}, which can't be read: {error}") from error
