import { Plus, RotateCcw, Save } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { StudyFile, StudyView } from '@aquifer/core/contract'
import { builtInLetters, isLanguage, letterFaults, letterOf, reminderDaysMax, type LetterWords } from '@aquifer/core/registration'
import { useApplyStudy, useStudySettings } from '../../api/invitation-queries.js'
import { Tag } from '../../ui/Badge.js'
import { Button } from '../../ui/Button.js'
import { Select, TextArea, TextField } from '../../ui/fields.js'
import { addDays, day } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { Failure, SkeletonRows } from '../../ui/states.js'
import { useNow } from '../../ui/use-now.js'
import { languageChoices, languageName } from './invitation-words.js'

/** What the study's letters say in each language, and when the clock reminds. Both are settings, so every change is a version. */
export function LettersPanel({ study }: { study: StudyView }) {
  const settings = useStudySettings(study.id)
  return (
    <Panel title="Letters and reminders" note={<span className="sub">by language, in the study’s own words where you write some</span>}>
      {settings.data === undefined ? (
        settings.error ? (
          <Failure error={settings.error} retry={() => void settings.refetch()} />
        ) : (
          <SkeletonRows rows={3} />
        )
      ) : (
        <div className="letters">
          <Reminders key={JSON.stringify(settings.data.reminders)} study={study} settings={settings.data} />
          <Letters study={study} settings={settings.data} />
        </div>
      )}
    </Panel>
  )
}

interface Props {
  study: StudyView
  settings: StudyFile
}

function Reminders({ study, settings }: Props) {
  const apply = useApplyStudy(study.id)
  const saved = (settings.reminders ?? []).toSorted((a, b) => b - a)
  const [text, setText] = useState(saved.join(', '))
  const days = text
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(Number)
  const isWrong = days.some((each) => !Number.isInteger(each) || each < 1 || each > reminderDaysMax) || new Set(days).size < days.length
  const isChanged = [...days].sort((a, b) => b - a).join() !== saved.join()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isWrong && isChanged) apply.mutate({ reminders: days })
  }
  return (
    <form className="letters-reminders" onSubmit={submit} noValidate>
      <TextField
        label="Remind this many days before the end"
        value={text}
        onChange={setText}
        placeholder="7, 2"
        fault={isWrong ? `Different whole numbers from 1 to ${reminderDaysMax}, such as 7, 2` : undefined}
        note="Sent to whoever has not decided, with the same link. Empty: nobody is reminded."
      />
      <Button type="submit" icon={Save} isDisabled={isWrong || !isChanged || apply.isPending}>
        Save days
      </Button>
      {apply.error && <Failure error={apply.error} />}
    </form>
  )
}

function Letters({ study, settings }: Props) {
  const own = settings.letters ?? {}
  const [language, setLanguage] = useState('en')
  const [added, setAdded] = useState<string[]>([])
  const [tag, setTag] = useState('')
  const choices = languageChoices([...Object.keys(own), ...added])
  const add = () => {
    setAdded([...added, tag])
    setLanguage(tag)
    setTag('')
  }
  return (
    <div className="letters-texts">
      <div className="row">
        <Select label="Language" value={language} choices={choices} onChange={(next: string) => setLanguage(next)} />
        <Tag tone={own[language] === undefined ? 'idle' : 'info'}>{own[language] === undefined ? 'built in' : 'the study’s own'}</Tag>
        <span className="row end">
          <TextField label="Tag of another language" hidden placeholder="pt-BR" value={tag} onChange={setTag} />
          <Button icon={Plus} isDisabled={!isLanguage(tag) || choices.some(({ id }) => id === tag)} onPress={add}>
            Add language
          </Button>
        </span>
      </div>
      <Letter key={`${language} ${JSON.stringify(own[language])}`} study={study} own={own} language={language} />
    </div>
  )
}

const plain = { study: '{study}', until: '{until}', link: '{link}' }

function Letter({ study, own, language }: { study: StudyView; own: Record<string, LetterWords>; language: string }) {
  const apply = useApplyStudy(study.id)
  const now = useNow()
  const saved = own[language] ?? builtInLetters[language] ?? letterOf(language, plain)
  const [words, setWords] = useState<LetterWords>(saved)
  const faults = letterFaults(words)
  const faultOf = (part: keyof LetterWords) => faults.find((fault) => fault.part === part)?.what
  const isChanged = words.subject !== saved.subject || words.text !== saved.text
  const told = { study: study.name, until: day(addDays(now.toISOString().slice(0, 10), 30)), link: `${location.origin}/#/invitation/…` }
  const filled = letterOf(language, told, { own: { [language]: words } })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (faults.length === 0 && isChanged) apply.mutate({ letters: { ...own, [language]: words } })
  }
  const builtIn = () => {
    const { [language]: _own, ...others } = own
    apply.mutate({ letters: others })
  }
  return (
    <form className="letter-two" onSubmit={submit} noValidate>
      <div className="letter-words">
        <TextField
          label="Subject"
          value={words.subject}
          onChange={(subject) => setWords({ ...words, subject })}
          fault={faultOf('subject')}
        />
        <TextArea
          label="Text"
          value={words.text}
          onChange={(text) => setWords({ ...words, text })}
          fault={faultOf('text')}
          note="{study} becomes the study’s name, {until} the last day, {link} the person’s own link."
        />
        {apply.error && <Failure error={apply.error} />}
        <div className="row">
          <Button type="submit" icon={Save} isDisabled={!isChanged || faults.length > 0 || apply.isPending}>
            Save letter in {languageName(language)}
          </Button>
          {own[language] !== undefined && (
            <Button look="quiet" icon={RotateCcw} isDisabled={apply.isPending} onPress={builtIn}>
              {builtInLetters[language] === undefined ? 'Remove this letter' : 'Back to the built-in letter'}
            </Button>
          )}
        </div>
      </div>
      <section className="letter-preview" aria-label="As the person reads it" lang={language}>
        <p className="medium">{filled.subject}</p>
        <p>{filled.text}</p>
      </section>
    </form>
  )
}
