#!/bin/sh
# Serve the model in this folder: POST /invocations, GET /ping.
here=$$(cd "$$(dirname "$$0")" && pwd)
exec python -m mlflow models serve --model-uri "$$here/model" --env-manager local \
  --host "$${HOST:-127.0.0.1}" --port "$${PORT:-8080}" --workers "$${WORKERS:-1}"
