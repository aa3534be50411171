import { CircleCheck, CircleDashed, LoaderCircle, OctagonX, ShieldAlert } from 'lucide-react'
import { useNavigate } from 'react-router'
import type { MaskingPolicyList, StudyView } from '@aquifer/core/contract'
import { useMaskingProgress } from '../../../api/masking-queries.js'
import { maySeeLeaks } from '../../../api/roles.js'
import { useMe } from '../../../api/SessionProvider.js'
import { paths } from '../../../paths.js'
import { Button } from '../../../ui/Button.js'
import { count, moment } from '../../../ui/format.js'
import { LoadedPanel } from '../LoadedPanel.js'
import { Fact, MaskingBar, Standing, type StandingTone } from '../Standing.js'
import { tellOf, type Told } from './in-force.js'

const looks: Record<Told['state'], { icon: typeof CircleCheck; tone: StandingTone }> = {
  untrusted: { icon: OctagonX, tone: 'bad' },
  empty: { icon: CircleDashed, tone: 'idle' },
  blocked: { icon: ShieldAlert, tone: 'bad' },
  failed: { icon: OctagonX, tone: 'bad' },
  turning: { icon: LoaderCircle, tone: 'info' },
  current: { icon: CircleCheck, tone: 'ok' },
}

/** The policy in force, and whether what analysts see was made by it. */
export function InForcePanel({ study, list }: { study: StudyView; list: MaskingPolicyList }) {
  const me = useMe()
  const navigate = useNavigate()
  const label = list.inForce[0]?.label ?? null
  return (
    <LoadedPanel of={useMaskingProgress(study.id)} rows={2}>
      {(progress) => {
        const { state, what, why } = tellOf(progress, label)
        const shown = progress?.shown ?? null
        return (
          <Standing
            label="Policy in force"
            {...looks[state]}
            busy={state === 'turning'}
            what={what}
            why={why}
            facts={
              <>
                <Fact name="In force" value={label ?? 'none to be trusted'} />
                <Fact name="Analysts see" value={shown?.policy ?? 'nothing yet'} />
                <Fact name="Made" value={shown?.at ? moment(shown.at) : '∅'} />
                <Fact name="Held back" value={count(progress?.held ?? 0)} />
              </>
            }
            actions={
              state === 'blocked' &&
              maySeeLeaks(me) && (
                <Button look="primary" icon={ShieldAlert} onPress={() => void navigate(`${paths.privacy}?tab=leaks`)}>
                  Open the leak gate
                </Button>
              )
            }
          >
            {state === 'turning' && progress && <MaskingBar progress={progress} />}
          </Standing>
        )
      }}
    </LoadedPanel>
  )
}
