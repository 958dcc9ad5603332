/** Where a room tells its operator what went wrong; the real error stands in `facts.error` and goes nowhere else. */
export type JobLog = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

export const silent: JobLog = () => undefined;
