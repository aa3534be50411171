import { ExternalLink } from 'lucide-react'
import type { OpenedInvitation } from '@aquifer/core/contract'
import { Checkbox } from '../../ui/fields.js'
import { Icon } from '../../ui/Icon.js'
import type { Faults } from './draft.js'
import { dayIn, type Language, type Words } from './words.js'

/** Each consent on its own, with the form that it is given under. */
export function Consents({
  invitation,
  words,
  language,
  agreed,
  faults,
  onChange,
}: {
  invitation: OpenedInvitation
  words: Words
  language: Language
  agreed: readonly string[]
  faults: Faults
  onChange(agreed: string[]): void
}) {
  return (
    <div className="invitation-consents">
      {invitation.required.map((type) => {
        const { name, means } = words.consent(type)
        const form = invitation.forms.find((each) => each.type === type)
        return (
          <Checkbox
            key={type}
            label={words.agree(name)}
            checked={agreed.includes(type)}
            onChange={(checked) => onChange(checked ? [...agreed, type] : agreed.filter((each) => each !== type))}
            fault={faults[`consent ${type}`]}
          >
            <p className="ink-2">{means}</p>
            {form && (
              <p className="sub">
                {words.form(form.version, dayIn(language, form.approved), form.language)}
                {' · '}
                {form.document.startsWith('https://') ? (
                  <a href={form.document} target="_blank" rel="noreferrer">
                    {words.read} <Icon of={ExternalLink} size={12} />
                  </a>
                ) : (
                  `${words.document}: ${form.document}`
                )}
              </p>
            )}
          </Checkbox>
        )
      })}
    </div>
  )
}
