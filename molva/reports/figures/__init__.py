"""One question for every figure of office, cabinet, API and exports: see docs/reports.md."""
