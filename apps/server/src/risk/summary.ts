import type { RiskEffect, RiskFindings, RiskMeasures } from '@aquifer/core/contract'
import { isSmall, showCount, type SmallCellPolicy } from '@aquifer/core/small-cells'

type Count = RiskMeasures['people']
const few = (count: Count | null, policy: SmallCellPolicy): boolean => typeof count === 'number' && isSmall(count, policy)

/** The findings for whoever may not see small groups: their numbers become marks, and nobody's values are told. */
export function summaryOf(findings: RiskFindings, policy: SmallCellPolicy): RiskFindings {
  const shown = (count: Count): Count => (typeof count === 'number' ? showCount(count, policy) : count)
  const { sensitive, combinations } = findings
  return {
    ...findings,
    measures: measuresOf(findings.measures, policy),
    sets: findings.sets.map((set) => ({ ...set, measures: measuresOf(set.measures, policy) })),
    sensitive: sensitive && {
      ...sensitive,
      rare: shown(sensitive.rare),
      distinct: sensitive.distinct === null ? null : shown(sensitive.distinct),
      shared: { classes: shown(sensitive.shared.classes), people: shown(sensitive.shared.people) },
    },
    combinations: {
      upTo: combinations.upTo,
      worst: combinations.worst.map((each) => ({ ...each, unique: shown(each.unique), minimal: shown(each.minimal) })),
      patterns: null,
    },
    effects: findings.effects.map((effect) => effectOf(effect, policy)),
    path: findings.path.map((effect) => effectOf(effect, policy)),
  }
}

const effectOf = (effect: RiskEffect, policy: SmallCellPolicy): RiskEffect => ({ ...effect, measures: measuresOf(effect.measures, policy) })

function measuresOf(measures: RiskMeasures, policy: SmallCellPolicy): RiskMeasures {
  const { people, minimum, median, unique, below, risk } = measures
  const shown = (count: Count): Count => (typeof count === 'number' ? showCount(count, policy) : count)
  // The rest of the people follows from those below the threshold.
  const restIsFew = typeof people === 'number' && typeof below === 'number' && isSmall(people - below, policy)
  // And those in small groups of more than one follow from these two.
  const middleIsFew = typeof below === 'number' && typeof unique === 'number' && isSmall(below - unique, policy)
  const hidesShare = few(people, policy) || few(below, policy) || restIsFew
  const hidesHighest = few(minimum, policy)
  return {
    people: shown(people),
    classes: measures.classes,
    minimum: minimum === null ? null : shown(minimum),
    median: median === null ? null : shown(median),
    unique: middleIsFew ? policy.besides : shown(unique),
    below: restIsFew ? policy.besides : shown(below),
    risk: {
      highest: hidesHighest ? null : risk.highest,
      mean: few(people, policy) ? null : risk.mean,
      above: hidesShare ? null : risk.above,
      journalist: hidesHighest ? null : risk.journalist,
      marketer: few(people, policy) ? null : risk.marketer,
    },
  }
}
