"""The command `vigie`: registers the modules of `vigie.commands`, nothing else."""

import typer

from vigie.commands import (
    broker,
    db,
    demo,
    devices,
    doctor,
    export,
    figures,
    fleet,
    forecast,
    intakes,
    ledger,
    models,
    notify,
    pauses,
    people,
    persons,
    plans,
    predict,
    protocols,
    quarantine,
    questionnaires,
    replay,
    rosters,
    rule_cases,
    schema,
    score,
    serve,
    sheets,
    site_limits,
    try_protocol,
)

app = typer.Typer(
    help="Telemonitoring hub for oncology and haematology patients in hospital-at-home.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(db.app, name="db")
app.add_typer(people.site, name="site")
app.add_typer(people.patient, name="patient")
app.add_typer(people.user, name="user")
people.site.command("phone")(persons.phone)
people.patient.command("sheet")(sheets.sheet)
app.add_typer(persons.app, name="person")
app.add_typer(devices.app, name="device")
app.add_typer(plans.app, name="plan")
app.add_typer(intakes.app, name="intakes")
protocols.app.command("try")(try_protocol.try_)
protocols.app.command("test")(rule_cases.play_cases)
app.add_typer(protocols.app, name="protocol")
app.add_typer(pauses.app, name="pause")
people.site.command("limits")(site_limits.limits)
people.site.command("models")(models.models)
app.add_typer(models.app, name="models")
app.add_typer(broker.app, name="broker")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(questionnaires.app, name="questionnaire")
app.add_typer(fleet.app, name="fleet")
app.add_typer(figures.app, name="figures")
app.add_typer(predict.app, name="predict")
app.add_typer(notify.app, name="notify")
app.add_typer(rosters.organisation, name="organisation")
app.add_typer(rosters.territory, name="territory")
app.add_typer(rosters.roster, name="roster")
app.command()(ledger.ledger)
app.command()(export.export)
app.command()(schema.schema)
app.command()(replay.replay)
app.command()(score.score)
app.command()(forecast.forecast)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.command()(demo.demo)
