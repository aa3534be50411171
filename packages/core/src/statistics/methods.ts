import type { ReadStatisticsRequest } from '../contract/index.js'
import type { Rule } from './told.js'

const drawn =
  'Drawn curve: steps of 11 events at their mean time over rounded numbers at risk, ended where fewer than 11 are at risk or rounding moves it by more than 5 points.'

/** What was computed and how, in the words of a methods section. */
export function methodOf(request: ReadStatisticsRequest, rule: Rule): string[] {
  switch (request.kind) {
    case 'table-one':
      return [
        'Continuous: mean, standard deviation (n - 1), median and quartiles (type 7 of Hyndman and Fan). Categorical: count and share of those with a value.',
        ...(request.by === undefined
          ? []
          : ['Standardized differences: Austin 2009; of several levels Yang and Dalton 2012; of several groups the mean of all pairs.']),
      ]
    case 'survival':
      return [
        `Kaplan–Meier with Greenwood's variance, ${percent(request.level)} confidence by log(-log S), as R's conf.type = "log-log" and lifelines.`,
        drawn,
        ...(request.group === undefined ? [] : [`Log-rank test${rule === null ? '' : ', to three digits'}.`]),
      ]
    case 'incidence':
      return [`Events per ${request.per} person-${request.unit}, exact ${percent(request.level)} limits of Poisson counts (Garwood 1936).`]
    case 'missing':
      return ['Patterns of variables that are missing together.']
    case 'adherence':
      return [
        'PDC: share of days covered, overlapping supplies moved forward (Pharmacy Quality Alliance). MPR: days supplied in the period over its days.',
        `Adherent: PDC of ${percent(request.threshold)} or more.`,
      ]
  }
}

const percent = (share: number): string => `${Number((share * 100).toFixed(4))} %`
