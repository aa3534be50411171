import { ListTree } from 'lucide-react'
import { withdrawalRules, type WithdrawalAct } from '@aquifer/core/consent'
import type { StudyView, WithdrawalPreview as Preview } from '@aquifer/core/contract'
import { usePreview } from '../../api/consent-queries.js'
import { Button } from '../../ui/Button.js'
import { plural, span } from '../../ui/format.js'
import { Failure } from '../../ui/states.js'
import { actSentences, countWords, effectWords, storeOrder, storeWords } from './consent-words.js'

/** Counted in the stores as they are now; looking at it changes nothing. */
export function WithdrawalPreview({ study, person, act }: { study: StudyView; person: string; act: WithdrawalAct }) {
  const preview = usePreview(study.id)
  const { data } = preview
  if (data === undefined)
    return (
      <>
        <Button
          icon={ListTree}
          className="withdrawal-look"
          aria-label={`Show what “${actSentences[act].name}” would touch`}
          isDisabled={preview.isPending}
          onPress={() => preview.mutate({ patient: person, act })}
        >
          Show what it would touch
        </Button>
        {preview.error && <Failure error={preview.error} retry={() => preview.mutate({ patient: person, act })} />}
      </>
    )
  return <Touched preview={data} act={act} told={withdrawalRules(study.kind, false).kept} />
}

/** `told`: what the page says is kept whatever is chosen. */
function Touched({ preview, act, told }: { preview: Preview; act: WithdrawalAct; told: string }) {
  const { stores, seenNoMoreWithinMs, expectedMs, kept } = preview
  const sorted = stores.toSorted((a, b) => storeOrder.indexOf(a.store) - storeOrder.indexOf(b.store))
  return (
    <div className="withdrawal-touched" role="status" aria-label={`What “${actSentences[act].name}” would touch`}>
      <dl>
        {sorted.map(({ store, effect, counts }) => (
          <div key={store}>
            <dt className="medium">{storeWords[store] ?? store}</dt>
            <dd className="ink-2">
              {effectWords[effect]}
              {countsIn(counts)}
            </dd>
          </div>
        ))}
      </dl>
      <p className="sub">
        {seenNoMoreWithinMs > 0 && 'From the answer on nobody sees the data. '}
        Everything is done after about {span(Math.max(1_000, expectedMs))}. It cannot be undone; you may consent anew later
        {act === 'erase' && ', under another record'}.
      </p>
      {kept
        .filter((each) => each !== told)
        .map((each) => (
          <p key={each} className="sub">
            Kept: {each}
          </p>
        ))}
    </div>
  )
}

const countsIn = (counts: Record<string, number>): string =>
  Object.entries(countWords)
    .map(([name, [one, many]]) => ((counts[name] ?? 0) > 0 ? ` · ${plural(counts[name] ?? 0, one, many)}` : ''))
    .join('')
