import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronProblem, reversedOffset, timeZoneProblem } from "../../../shared/runtime/config/cron.ts";

describe("cron expressions with the same meaning here and on Function Compute", () => {
  it.each([
    "0 30 1 * * *",
    "0 */5 * * * *",
    "0 0 1-5,20 * * *",
    "0 0 1 1,15 * *",
    "0 0 1 * JAN-MAR *",
    "0 0 1 ? * MON-FRI",
    "0 0 1 * * sat,sun",
    "0 0 0 29 2 *",
    "59 59 23 31 12 *",
  ])("%s is accepted", (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  it.each([
    ["30 1 * * *", "not a cron expression of six fields, has 5"],
    ["0 0 1 * * * 2026", "not a cron expression of six fields, has 7"],
    ["@daily", "a nickname of crontab, which timers do not know"],
    ["__proto__", "not a cron expression of six fields, has 1"],
    ["constructor", "not a cron expression of six fields, has 1"],
    ["@every 5m", "not a cron expression of six fields, has 2"],
    ["CRON_TZ=UTC 0 30 1 * * *", "not a cron expression of six fields, has 7"],
    ["* 30 1 * * *", "cron field second is not usable"],
    ["0 x 1 * * *", "cron field minute is not usable"],
    ["0 0 1 L * *", "cron field day is not usable"],
    ["0 0 1 15W * *", "cron field day is not usable"],
    ["0 0 1 * * 1-5", "cron field weekday is not usable"],
    ["0 0 1 * * MON#2", "cron field weekday is not usable"],
    ["0 0 1 1 * MON", "cron names days and weekdays at once, which timers read differently"],
    ["0 61 1 * * *", "cron field minute has a value out of range"],
    ["0 0 24 * * *", "cron field hour has a value out of range"],
    ["0 0 0 30 2 *", "cron never fires"],
  ])("%s is rejected: %s", (cron, wrong) => {
    expect(cronProblem(cron)?.wrong).toBe(wrong);
  });
});

describe("Quartz's steps, as in SLM policies", () => {
  it.each([
    ["0 0/30 * * * ?", "cron field minute has the step 0/30 without a range", "write */30"],
    ["0 5/30 * * * ?", "cron field minute has the step 5/30 without a range", "write 5-59/30"],
    ["0 0 1/6 * * ?", "cron field hour has the step 1/6 without a range", "write 1-23/6"],
    ["0 0 1 1/2 * ?", "cron field day has the step 1/2 without a range", "write */2"],
  ])("%s is refused with the form that timers read", (cron, wrong, fix) => {
    expect(cronProblem(cron)).toMatchObject({ wrong, fix });
    expect(cronProblem(cron.replace(/\d+\/\d+/, fix.slice("write ".length)))).toBeUndefined();
  });
});

describe("a list with Quartz's steps", () => {
  it.each([
    ["0 0/30,45 * * * *", "write */30,45"],
    ["0 45,0/30 * * * *", "write 45,*/30"],
    ["0 0/30,5/20,7 * * * *", "write */30,5-59/20,7"],
  ])("%s keeps all its items in the fix", (cron, fix) => {
    expect(cronProblem(cron)?.fix).toBe(fix);
    expect(cronProblem(cron.replace(/^0 \S+/, `0 ${fix.slice("write ".length)}`))).toBeUndefined();
  });
});

describe("blanks that only look like a space", () => {
  it.each(["\u00a0", "\u2003", "\u3000", "\n"])("%j are named, not taken for one", (blank) => {
    expect(cronProblem(`0${blank}30 1 * * *`)?.wrong).toMatch(/^cron has the blank U\+[0-9A-F]{4} between its fields/);
    expect(cronProblem("0 \t30 1 * * *")).toBeUndefined();
  });
});

describe("ranges of weekdays that reach or pass Sunday", () => {
  it.each([
    ["SAT-SUN", "SAT-SUN", "write SAT,SUN"],
    ["SUN,SAT-SUN", "SAT-SUN", "write SAT,SUN for SAT-SUN"],
    ["MON-SUN", "MON-SUN", "write *"],
    ["MON-SUN/2", "MON-SUN/2", "write MON,WED,FRI,SUN"],
    ["fri-mon", "FRI-MON", "write FRI,SAT,SUN,MON"],
    ["SUN-SUN", "SUN-SUN", "write SUN"],
  ])("%s is refused, because readers of cron number Sunday differently", (field, range, fix) => {
    const wrong = `cron field weekday has the range ${range}, which timers may read differently`;
    expect(cronProblem(`0 30 1 * * ${field}`)).toMatchObject({ wrong, fix });
    const [, named = ""] = /^write (\S+)/.exec(fix) ?? [];
    expect(cronProblem(`0 30 1 * * ${named}`)).toBeUndefined();
  });

  it.each(["SUN", "SUN-MON", "MON-SAT", "SUN-SAT/3", "SAT,SUN"])("%s is accepted", (field) => {
    expect(cronProblem(`0 30 1 * * ${field}`)).toBeUndefined();
  });
});

describe("proposed fixes", () => {
  const field = fc.oneof(
    fc.constantFrom("*", "?", "0", "0/0", "0/30", "99/5", "5/70", "1,0/15", "*/0", "1-5", "L", "MON", "JAN"),
    fc.tuple(fc.nat(70), fc.nat(70)).map(([start, step]) => `${start}/${step}`),
  );

  it("a proposed expression is accepted, and a proposed field is not refused again", () => {
    const expression = fc.array(field, { minLength: 5, maxLength: 6 }).map((fields) => fields.join(" "));
    fc.assert(
      fc.property(fc.oneof(expression, fc.constantFrom("@daily", "@hourly", "@weekly", "@yearly", "30 1 * * *")), (cron) => {
        const problem = cronProblem(cron);
        const [, whole] = /^write "([^"]+)"/.exec(problem?.fix ?? "") ?? [];
        if (whole !== undefined) expect(cronProblem(whole)).toBeUndefined();
        const [, part, step] = /^write (\S+)\/(\d+)$/.exec(problem?.fix ?? "") ?? [];
        if (part === undefined) return;
        const [, name = "", old = ""] = /field (\w+) has the step (\S+)/.exec(problem?.wrong ?? "") ?? [];
        const fields = "* * * * * *".split(" ").map((one, index) => (index === 0 ? "0" : one));
        fields[["second", "minute", "hour", "day", "month"].indexOf(name)] = `${part}/${step}`;
        expect([old, cronProblem(fields.join(" "))]).toEqual([old, undefined]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["30 1 * * *", 'write "0 30 1 * * *"'],
    ["30 1 * * 1-5", 'write six fields: second minute hour day month weekday, as in "0 30 1 * * *"'],
    ["0 0/0 1 * * *", "write numbers from 0 to 59 with , - * /"],
    ["0/30 0 1 * * *", "write one number from 0 to 59"],
  ])("%s: %s", (cron, fix) => {
    expect(cronProblem(cron)?.fix).toBe(fix);
  });

  it.each(["CST", "PST", "IST", "BST", "JST", "EST", "MST", "HST", "est"])("every zone proposed for %s is valid", (abbreviation) => {
    const zones = timeZoneProblem(abbreviation)?.fix.match(/[A-Z]\w+\/\w+/g) ?? [];
    expect(zones).not.toEqual([]);
    expect(zones.map(timeZoneProblem)).toEqual(zones.map(() => undefined));
  });
});

describe("zones of a reversed sign", () => {
  it.each([
    ["Etc/GMT+8", "UTC-8: the sign is reversed", "write Etc/GMT-8 if UTC+8 is meant"],
    ["Etc/GMT-10", "UTC+10: the sign is reversed", "write Etc/GMT+10 if UTC-10 is meant"],
  ])("%s", (timeZone, wrong, fix) => {
    expect(reversedOffset(timeZone)).toEqual({ wrong, fix });
  });

  it.each(["Etc/GMT", "Etc/GMT+0", "GMT", "Etc/GMT+99", "UTC"])("not %s", (timeZone) => {
    expect(reversedOffset(timeZone)).toBeUndefined();
  });
});

describe("time zones", () => {
  it.each(["UTC", "GMT", "CET", "EST5EDT", "PRC", "Cuba", "Eire", "Iran", "Asia/Shanghai", "Europe/Berlin"])("%s is valid", (timeZone) => {
    expect(timeZoneProblem(timeZone)).toBeUndefined();
  });

  it("are valid as the IANA database spells them, also by their other names", () => {
    const others = [
      "Asia/Kolkata",
      "Europe/Kyiv",
      "Etc/UTC",
      "Etc/GMT-8",
      "NZ-CHAT",
      "Australia/ACT",
      "America/Port-au-Prince",
      "US/Pacific",
      "W-SU",
    ];
    const zones = [...Intl.supportedValuesOf("timeZone"), ...others];
    expect(zones.length).toBeGreaterThan(400);
    expect(zones.flatMap((zone) => timeZoneProblem(zone) ?? [])).toEqual([]);
  });

  it.each([
    ["asia/shanghai", "Asia/Shanghai"],
    ["Asia/shanghai", "Asia/Shanghai"],
    ["EUROPE/BERLIN", "Europe/Berlin"],
    ["utc", "UTC"],
    ["Etc/utc", "UTC"],
    ["us/pacific", "America/Los_Angeles"],
    ["JAPAN", "Asia/Tokyo"],
  ])("%s is refused with the spelling that timers know", (timeZone, right) => {
    expect(timeZoneProblem(timeZone)).toMatchObject({ wrong: "not spelled as timers know it", fix: `write ${right}` });
  });

  it.each([
    ["CST", "write Asia/Shanghai or America/Chicago"],
    ["PST", "write America/Los_Angeles or Asia/Manila"],
    ["IST", "write Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"],
    ["BST", "write Europe/London or Asia/Dhaka"],
    ["cst", "write Asia/Shanghai or America/Chicago"],
    ["SST", "write an IANA name such as Asia/Shanghai, Europe/Berlin or UTC"],
  ])("%s is refused, because it means several", (timeZone, fix) => {
    expect(timeZoneProblem(timeZone)).toMatchObject({ wrong: "an abbreviation, which may mean several time zones", fix });
  });

  it.each(["", "+08:00", "Asia/Peking", "Shanghai", "local", "Mars", "mars"])("%j is not a time zone", (timeZone) => {
    expect(timeZoneProblem(timeZone)?.wrong).toBe("not a time zone");
  });
});
