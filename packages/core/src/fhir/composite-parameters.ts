/** A parameter over two values that belong together. */
export interface CompositeFact {
  name: string
  /** The two parameters whose values meet. */
  parts: readonly [string, string]
  /** The element that holds both, as it may repeat; null where each is once on the resource, so that meeting there is enough. */
  at: string | null
}

// search-parameters.json names the composites of DSTU2 and leaves out their parts; these are from each resource's page. `[x]` stands for
// the type of the value: as a name of its own it takes all of them.
const value = (name: string, first: string, second: string, at: string | null): CompositeFact => ({ name, parts: [first, second], at })

export const compositeParameters: Readonly<Record<string, readonly CompositeFact[]>> = {
  CarePlan: [value('related', 'relatedcode', 'relatedplan', 'relatedPlan')],
  DiagnosticOrder: [
    value('event-status-date', 'event-status', 'event-date', 'event'),
    value('item-status-date', 'item-past-status', 'item-date', 'item.event'),
  ],
  DocumentReference: [value('relationship', 'relation', 'relatesto', 'relatesTo')],
  Group: [value('characteristic-value', 'characteristic', 'value', 'characteristic')],
  Observation: [
    value('code-value-concept', 'code', 'value-concept', null),
    value('code-value-date', 'code', 'value-date', null),
    value('code-value-quantity', 'code', 'value-quantity', null),
    value('code-value-string', 'code', 'value-string', null),
    value('component-code-value-concept', 'component-code', 'component-value-concept', 'component'),
    value('component-code-value-quantity', 'component-code', 'component-value-quantity', 'component'),
    value('component-code-value-string', 'component-code', 'component-value-string', 'component'),
    value('related', 'related-type', 'related-target', 'related'),
  ],
}

/** The composites that a name stands for: one, or those of every type of value for a name that ends in `[x]`. */
export function compositesNamed(type: string, name: string): readonly CompositeFact[] {
  const all = compositeParameters[type] ?? []
  if (!name.endsWith('[x]')) return all.filter((composite) => composite.name === name)
  const start = name.slice(0, -'[x]'.length)
  return all.filter((composite) => composite.name.startsWith(start))
}
