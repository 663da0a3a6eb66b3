/** Settings by flat key, from the server's nested or flat form; lists are joined by commas unless told otherwise, all values become strings. */
export function flattenSettings(settings: unknown, prefix = "", listText = joined): Record<string, string> {
  const flat: Record<string, string> = {};
  if (typeof settings !== "object" || settings === null) return flat;
  for (const [key, value] of Object.entries(settings)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (Array.isArray(value)) flat[path] = listText(value);
    else if (typeof value === "object" && value !== null) Object.assign(flat, flattenSettings(value, path, listText));
    else if (value !== null && value !== undefined) flat[path] = String(value);
  }
  return flat;
}

function joined(list: readonly unknown[]): string {
  return list.map(String).join(",");
}

/** True for keys whose values are credentials in any known repository plugin: `access_key_id`, `client.secret_key`, `account.key`, … */
export function isSecretSetting(key: string): boolean {
  return /secret|password|passphrase|token|credential|access_key|(^|[._])(key|sas)$/i.test(key);
}
