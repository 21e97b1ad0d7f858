"""How a peer is timed. Alone it prints one JSON line; with `--serve` it answers every line on its standard input, a
number of steps, with the milliseconds each took as a JSON list, so that its steps alternate with somebody else's.
"""
import json
import os
import sys
import time

import torch


def shape(**defaults):
    return [int(os.environ.get(name, value)) for name, value in defaults.items()]


def measure(step, tokens):
    torch.set_num_threads(int(os.environ.get("THREADS", len(os.sched_getaffinity(0)))))

    def milliseconds():
        start = time.perf_counter()
        step()
        return (time.perf_counter() - start) * 1e3

    for _ in range(2):
        step()
    if "--serve" in sys.argv:
        print(json.dumps({"peer": f"pytorch {torch.__version__}"}), flush=True)
        for line in sys.stdin:
            print(json.dumps([milliseconds() for _ in range(int(line))]), flush=True)
        return
    times = sorted(milliseconds() for _ in range(int(os.environ.get("RUNS", 5))))
    median = times[len(times) // 2]
    print(json.dumps({"peer": f"pytorch {torch.__version__}", "median_ms": round(median, 1), "min_ms": round(times[0], 1),
                      "tokens_per_s": round(tokens / median * 1e3)}))
