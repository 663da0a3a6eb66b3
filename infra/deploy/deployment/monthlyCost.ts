import type { FunctionProps } from "../serverlessSchema.ts";

/**
 * What the planned functions cost in a month, as lines for a person; none as long as there are no measured figures to show.
 * Takes the functions as they are to be deployed.
 */
export type MonthlyCost = (functions: readonly FunctionProps[]) => readonly string[];

/** No figures are shown that nobody measured. */
export const monthlyCost: MonthlyCost = () => [];
