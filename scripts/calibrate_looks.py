"""Error rates of --until-decided under adversarial stopping: python scripts/calibrate_looks.py [REPLICATIONS]."""

import sys

from mtam.rates.simulation.optional_stopping import LAWS, errors, share_errors

replications = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
print("law          seeds  some look misses  equivalence on the border  95% at each look  95% once")
for law in LAWS:
    for first in (3, 5, 10, 20):
        one = errors(law, first, replications=replications, key=1)
        print(f"{law:12} {first:5d}  {one.misses:16.4f}  {one.equivalences:25.4f}  {one.naive:16.4f}  {one.once:8.4f}")
print("chance  seeds  some look misses the share")
for chance in (0.5, 0.9, 0.95):
    for first in (5, 20):
        print(f"{chance:6.2f} {first:6d}  {share_errors(chance, first, replications=replications, key=1):.4f}")
