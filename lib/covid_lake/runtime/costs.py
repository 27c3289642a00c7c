"""What a job costs on AWS Glue, at most, from what it was given and how long it took."""

from __future__ import annotations

import time
from dataclasses import dataclass

from covid_lake.store.reports import Cost

# Dollars for a DPU and hour in us-east-1 and most other regions (aws.amazon.com/glue/pricing). A job is told another
# price with --dpu_hour_price.
DPU_HOUR_PRICE = 0.44
# Glue charges by the second, from version 2.0 on, and for a minute at least.
LEAST_SECONDS = 60.0
SECONDS_AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a job is charged for. Glue's clock runs a little longer: it includes the start of the job's process."""

    dpus: float
    """The most DPUs that the job may have at a time."""
    dollars_per_dpu_hour: float
    """The price."""
    began: float
    """When the job began, by `time.monotonic()`."""

    def so_far(self) -> Cost:
        """The cost if the job ended now."""
        dpu_seconds = self.dpus * max(time.monotonic() - self.began, LEAST_SECONDS)
        return Cost(
            dpus=self.dpus,
            dpu_seconds=round(dpu_seconds, 1),
            dollars_per_dpu_hour=self.dollars_per_dpu_hour,
            dollars=round(dpu_seconds / SECONDS_AN_HOUR * self.dollars_per_dpu_hour, 4),
        )
