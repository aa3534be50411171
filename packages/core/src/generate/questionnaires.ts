// Two forms: the PHQ-9 with its LOINC codes, and an intake form of our own that has a question of every answer type.
import type { Coding } from './shape.js'
import { coding, loinc } from './shape.js'

export interface Question {
  linkId: string
  concept?: Coding
  text: string
  type: 'boolean' | 'decimal' | 'integer' | 'date' | 'dateTime' | 'time' | 'string' | 'text' | 'url' | 'choice' | 'quantity'
  options?: readonly Coding[]
}

export const phq9Answers: readonly Coding[] = [
  coding(loinc, 'LA6568-5', 'Not at all'),
  coding(loinc, 'LA6569-3', 'Several days'),
  coding(loinc, 'LA6570-1', 'More than half the days'),
  coding(loinc, 'LA6571-9', 'Nearly every day'),
]

const item = (linkId: string, code: string, text: string): Question => ({
  linkId,
  concept: coding(loinc, code, text),
  text,
  type: 'choice',
  options: phq9Answers,
})

export const phq9Items: readonly Question[] = [
  item('phq9-1', '44250-9', 'Little interest or pleasure in doing things'),
  item('phq9-2', '44255-8', 'Feeling down, depressed, or hopeless'),
  item('phq9-3', '44259-0', 'Trouble falling or staying asleep, or sleeping too much'),
  item('phq9-4', '44254-1', 'Feeling tired or having little energy'),
  item('phq9-5', '44251-7', 'Poor appetite or overeating'),
  item('phq9-6', '44258-2', 'Feeling bad about yourself - or that you are a failure or have let yourself or your family down'),
  item('phq9-7', '44252-5', 'Trouble concentrating on things, such as reading the newspaper or watching television'),
  item('phq9-8', '44253-3', 'Moving or speaking so slowly that other people could have noticed'),
  item('phq9-9', '44260-8', 'Thoughts that you would be better off dead, or of hurting yourself in some way'),
]

const localSystem = 'https://forms.example.org/intake'

export const intakeItems: readonly Question[] = [
  { linkId: 'in-1', text: 'Full name as on your card', type: 'string' },
  { linkId: 'in-2', text: 'Date of birth', type: 'date' },
  { linkId: 'in-3', text: 'Member number', type: 'string' },
  { linkId: 'in-4', text: 'Social Security number (digits only)', type: 'integer' },
  { linkId: 'in-5', text: 'Whom may we call, and at which number?', type: 'text' },
  { linkId: 'in-6', text: 'Do you smoke?', type: 'boolean' },
  { linkId: 'in-7', text: 'Hours of sleep a night', type: 'decimal' },
  { linkId: 'in-8', text: 'When do you usually get up?', type: 'time' },
  { linkId: 'in-9', text: 'Last time you saw a doctor', type: 'dateTime' },
  { linkId: 'in-10', text: 'Your weight', type: 'quantity' },
  {
    linkId: 'in-11',
    text: 'How do you feel today?',
    type: 'choice',
    options: [coding(localSystem, 'well', 'Well'), coding(localSystem, 'so-so', 'So-so'), coding(localSystem, 'unwell', 'Unwell')],
  },
  { linkId: 'in-12', text: 'Your home page', type: 'url' },
  { linkId: 'in-13', text: 'Anything else?', type: 'text' },
]

export interface Form {
  key: 'phq9' | 'intake'
  title: string
  linkId: string
  concept?: Coding
  items: readonly Question[]
}

export const forms: readonly Form[] = [
  {
    key: 'phq9',
    title: 'PHQ-9',
    linkId: 'phq9',
    concept: coding(loinc, '44249-1', 'PHQ-9 quick depression assessment panel [Reported.PHQ]'),
    items: phq9Items,
  },
  { key: 'intake', title: 'Intake form', linkId: 'intake', items: intakeItems },
]
