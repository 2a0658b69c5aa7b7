"""What happens by the clock, and how often. Every line is a job of its stage; the work itself is there."""

from molva.jobs.schedules import Every

TIMETABLE = (
    Every(2, "molva.commissions.jobs:load_clicks"),
    Every(60, "molva.commissions.jobs:release_holds"),
    Every(300, "molva.commissions.jobs:end_terms"),
    Every(3_600, "molva.commissions.jobs:warn_terms"),
    Every(300, "molva.commissions.jobs:tell_devices_of_orders"),
    Every(900, "molva.integrations.polling:poll_shops"),
    Every(86_400, "molva.integrations.comparison:compare_every_night"),
    Every(604_800, "molva.integrations.polling:read_deleted_everywhere"),
    Every(3_600, "molva.integrations.connecting:refresh_shops"),
    Every(3_600, "molva.integrations.setup:check_shops"),
    Every(86_400, "molva.selftest.runs:run_daily"),
    Every(60, "molva.integrations.codes:bring_all"),
    Every(86_400, "molva.integrations.code_checks:check_all"),
    Every(86_400, "molva.integrations.subscriptions:read_all"),
    Every(86_400, "molva.audit.jobs:check_books"),
    Every(86_400, "molva.config.upkeep:clear_sessions"),
    Every(3_600, "molva.config.upkeep:refresh_statistics"),
    Every(3_600, "molva.tracking.jobs:forget_visits"),
    Every(3_600, "molva.web.office.export_jobs:keep_exports"),
    Every(3_600, "molva.whatif.jobs:keep_whatifs"),
    Every(3_600, "molva.tracking.columns.upkeep:keep_clicks"),
    Every(600, "molva.tracking.addresses:check_due"),
)
