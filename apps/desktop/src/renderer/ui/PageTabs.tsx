import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { useSearchParams } from 'react-router'

export interface PagePart {
  id: string
  name: string
  note?: ReactNode
  content: ReactNode
}

/** A page in parts; which one is open stands in the address, so that it can be linked to. The first is the address alone. */
export function PageTabs({ label, parts }: { label: string; parts: readonly PagePart[] }) {
  const [params, setParams] = useSearchParams()
  const first = parts[0]?.id
  const asked = params.get('tab')
  const open = parts.find(({ id }) => id === asked)?.id ?? first
  return (
    <Tabs className="page-tabs" selectedKey={open ?? ''} onSelectionChange={(key) => setParams(key === first ? {} : { tab: String(key) })}>
      <TabList className="page-tab-list" aria-label={label}>
        {parts.map(({ id, name, note }) => (
          <Tab key={id} id={id} className="page-tab">
            {name}
            {note}
          </Tab>
        ))}
      </TabList>
      {parts.map(({ id, content }) => (
        <TabPanel key={id} id={id} className="page-part">
          {content}
        </TabPanel>
      ))}
    </Tabs>
  )
}
