"""The REST handlers: one module a resource, each with its `ROUTES`."""

from __future__ import annotations

from jupyter_mlops.server.handlers import (
    definitions,
    executions,
    gates,
    housekeeping,
    jobs,
    models,
    notebook,
    notifications,
    preflight,
    recording,
    registrations,
    resume,
    run_events,
    runs,
    scoring,
    servings,
    session_state,
    status,
    triggers,
)

ROUTES = [
    *status.ROUTES,
    *notebook.ROUTES,
    *jobs.ROUTES,
    *runs.ROUTES,
    *run_events.ROUTES,
    *resume.ROUTES,
    *preflight.ROUTES,
    *executions.ROUTES,
    *models.ROUTES,
    *registrations.ROUTES,
    *gates.ROUTES,
    *recording.ROUTES,
    *session_state.ROUTES,
    *notifications.ROUTES,
    *housekeeping.ROUTES,
    *triggers.ROUTES,
    *definitions.ROUTES,
    *servings.ROUTES,
    *scoring.ROUTES,
]
