/** Secrets that a service keeps and gives out by name. */
export interface Secrets {
  /**
   * The text of a secret's current version. Errors name the secret, never its value: `absent`, `denied`, `invalid` (not a text, or empty),
   * `refused` and `transient`.
   */
  read(name: string): Promise<string>;
}
