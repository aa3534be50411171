import { X } from 'lucide-react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { mayQuery } from '../../api/roles.js'
import { useMe, useStudy } from '../../api/SessionProvider.js'
import { IconButton } from '../../ui/Button.js'
import { toggleBottom, useBottom, type BottomPart } from './bottom.js'
import { HistoryPart } from './bottom/HistoryPart.js'
import { JobsPart } from './bottom/JobsPart.js'
import { ProblemsPart, useProblems } from './bottom/ProblemsPart.js'

const names: Record<BottomPart, string> = { history: 'History', jobs: 'Jobs', problems: 'Problems' }

/** What ran, what runs, what went wrong: under every page. */
export default function BottomPanel() {
  const { part } = useBottom()
  const { role } = useMe()
  const study = useStudy()
  const problems = useProblems()
  const parts: BottomPart[] = mayQuery(role) ? ['history', 'jobs', 'problems'] : ['jobs', 'problems']
  const open = parts.find((each) => each === part) ?? parts[0]!
  return (
    <section className="bottom" aria-label="History, jobs and problems">
      <Tabs className="bottom-tabs" selectedKey={open} onSelectionChange={(key) => toggleBottom(key as BottomPart)}>
        <header className="bottom-head">
          <TabList className="inspector-tab-list" aria-label="Bottom panel">
            {parts.map((each) => (
              <Tab key={each} id={each}>
                {names[each]}
                {each === 'problems' && problems.length > 0 && <span className="tab-count num">{problems.length}</span>}
              </Tab>
            ))}
          </TabList>
          <IconButton label="Hide the bottom panel" icon={X} className="end" onPress={() => toggleBottom()} />
        </header>
        {parts.map((each) => (
          <TabPanel key={each} id={each} className="bottom-part">
            {study === undefined ? (
              <p className="side-none sub">You belong to no study yet.</p>
            ) : each === 'history' ? (
              <HistoryPart study={study.id} />
            ) : each === 'jobs' ? (
              <JobsPart study={study.id} />
            ) : (
              <ProblemsPart problems={problems} />
            )}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  )
}
