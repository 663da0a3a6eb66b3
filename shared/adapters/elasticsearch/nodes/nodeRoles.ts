/** A node for frozen data alone holds no ordinary index. */
export function holdsData(roles: readonly string[]): boolean {
  return roles.some((role) => role.startsWith("data") && role !== "data_frozen");
}
