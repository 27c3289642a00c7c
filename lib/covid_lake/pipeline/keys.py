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
    """A digest of each key, which tells whether a key has changed. The key can't be computed from it."""
    return {name: hmac.new(key, b"covid_lake fingerprint", hashlib.sha256).hexdigest() for name, key in keys.items()}


def key_of_environment(key: PseudonymKey) -> bytes:
    """The key in the environment variable, or in the secret of AWS Secrets Manager that the variable names.

    Raises `SettingsError`, which says how to make a key, where there is none or it is too short.
    """
    text = os.environ.get(key.variable, "").strip()
    if text.startswith(SECRETS_MANAGER):
        return key_of_secret(text.removeprefix(SECRETS_MANAGER), key)
    return _long_enough(text, key)


def key_of_secret(name: str, key: PseudonymKey) -> bytes:
    """The key in a secret of AWS Secrets Manager; raises `SettingsError` where it can't be read or is too short."""
    return _long_enough(_secret(name, key), key)


def _long_enough(text: str, key: PseudonymKey) -> bytes:
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
        raise SettingsError(f"the secret {name}, which holds the key {key.variable}, can't be read: {error}") from error
