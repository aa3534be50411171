// The one place that reads the environment. Everything else gets a Config.
export type Environment = Readonly<Record<string, string | undefined>>

export const readEnvironment = (): Environment => process.env
