import type { Concept, ValueSet } from './definitions.js'

/** The code systems that DSTU2 carries: a line with system and version, then a code each with its display, indented by its depth. */
export function systemLines(valueSets: readonly ValueSet[]): string[] {
  const systems = new Map<string, NonNullable<ValueSet['codeSystem']>>()
  for (const { codeSystem } of valueSets)
    if (codeSystem?.concept && !systems.has(codeSystem.system)) systems.set(codeSystem.system, codeSystem)
  return [...systems.values()].flatMap(({ system, version, concept = [] }) => [`${system}\t${version ?? ''}`, ...concepts(concept, 1)])
}

/** Its value sets, each as JSON of what is needed to count up its codes. */
export function valueSetLines(valueSets: readonly ValueSet[]): string[] {
  return valueSets.map(({ id, url, name, codeSystem, compose }) =>
    JSON.stringify({
      id,
      url,
      name,
      ...(codeSystem ? { system: codeSystem.system } : {}),
      ...(compose ? { compose: composed(compose) } : {}),
    }),
  )
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

// Indented by tabs, since a code may be a blank or hold one.
function concepts(list: readonly Concept[], depth: number): string[] {
  return list.flatMap(({ code, display, abstract, concept = [] }) => [
    `${'\t'.repeat(depth)}${code}\t${oneLine(display ?? '')}${abstract === true ? '\t!' : ''}`,
    ...concepts(concept, depth + 1),
  ])
}

function composed({ import: imported, include, exclude }: NonNullable<ValueSet['compose']>): NonNullable<ValueSet['compose']> {
  const part = (each: NonNullable<NonNullable<ValueSet['compose']>['include']>[number]) => ({
    ...(each.system === undefined ? {} : { system: each.system }),
    ...(each.filter === undefined ? {} : { filter: each.filter }),
    ...(each.concept === undefined
      ? {}
      : { concept: each.concept.map(({ code, display }) => ({ code, ...(display === undefined ? {} : { display: oneLine(display) }) })) }),
  })
  return {
    ...(imported === undefined ? {} : { import: imported }),
    ...(include === undefined ? {} : { include: include.map(part) }),
    ...(exclude === undefined ? {} : { exclude: exclude.map(part) }),
  }
}
