"""The benchmarks: `python -m bench` measures; `make bench` stores the figures and fills `docs/performance.md`."""
