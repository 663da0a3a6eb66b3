const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `41.2 GiB`: at most three significant digits; bytes never have decimals. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}

/** `3 h 12 min`, `52 min`, `8.4 s`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** `52,118` */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 index`, `2,310 indices`, `0 indices`. */
export function counted(count: number, one: string, several: string): string {
  return `${countText(count)} ${count === 1 ? one : several}`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** A period's sortable key (`plan/retention/periods.ts`) in words: `20 November 2026`, `06:00 of 20 November 2026, GMT+01:00`, `week 47 of 2026`. */
export function periodText(key: string): string {
  const week = /^(\d{4})-W(\d\d)$/.exec(key);
  if (week) return `week ${Number(week[2])} of ${week[1]}`;
  const [, year, month, day, hour, zone] = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d)(.+))?)?)?$/.exec(key) ?? [];
  const monthName = MONTHS[Number(month) - 1];
  if (year === undefined || (month !== undefined && monthName === undefined)) return key;
  const ofMonth = month === undefined ? year : `${monthName} ${year}`;
  const ofDay = day === undefined ? ofMonth : `${Number(day)} ${ofMonth}`;
  return hour === undefined ? ofDay : `${hour}:00 of ${ofDay}, ${zone}`;
}
