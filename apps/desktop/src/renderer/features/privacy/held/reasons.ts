const words: Record<string, string> = {
  'unknown-modifier-extension': 'Unknown modifier extension',
  'unreadable-modifier': 'Unreadable modifier',
  'unknown-implicit-rules': 'Implicit rules that nobody knows',
  'nested-too-deep': 'Nested too deep',
  'unknown-type': 'Unknown resource type',
  'not-a-resource': 'Not a resource',
  unreadable: 'Unreadable',
  'does-not-fit-schema': 'Does not fit its columns',
}

/** A reason that this page does not know keeps its name. */
export const reasonWords = (reason: string): string => words[reason] ?? reason
