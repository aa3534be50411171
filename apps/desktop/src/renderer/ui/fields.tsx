import { useId, useState, type ReactNode, type Ref } from 'react'
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  SearchField as AriaSearchField,
  Select as AriaSelect,
  SelectValue,
  Text,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components'
import { Check, ChevronDown, Eye, EyeOff, Search, X } from 'lucide-react'
import { IconButton } from './Button.js'
import { Icon, type LucideIcon } from './Icon.js'

interface TextProps {
  label: string
  /** of the input, where a form looks for it */
  name?: string
  value: string
  onChange(value: string): void
  icon?: LucideIcon
  hidden?: boolean
  large?: boolean
  placeholder?: string
  autoComplete?: string
  autoFocus?: boolean
  isInvalid?: boolean
  isDisabled?: boolean
  onSubmit?(): void
  note?: ReactNode
  /** what is wrong with the value, told beneath it */
  fault?: string | undefined
  type?: 'text' | 'password' | 'date'
  inputRef?: Ref<HTMLInputElement>
}

export function TextField({
  label,
  value,
  onChange,
  icon,
  hidden,
  large,
  placeholder,
  note,
  fault,
  type = 'text',
  onSubmit,
  inputRef,
  ...rest
}: TextProps) {
  const [shown, show] = useState(false)
  return (
    <AriaTextField
      {...rest}
      value={value}
      onChange={onChange}
      type={type === 'password' && shown ? 'text' : type}
      isInvalid={rest.isInvalid === true || fault !== undefined}
      aria-label={hidden ? label : undefined}
      className="text-field"
    >
      {!hidden && <Label className="label">{label}</Label>}
      <div className={large ? 'field large' : 'field'} data-invalid={rest.isInvalid || fault !== undefined || undefined}>
        {icon && <Icon of={icon} size={large ? 16 : 14} className="ink-3" />}
        <Input ref={inputRef} placeholder={placeholder} onKeyDown={(event) => event.key === 'Enter' && onSubmit?.()} />
        {type === 'password' && (
          <IconButton
            label={shown ? 'Hide the password' : 'Show the password'}
            icon={shown ? EyeOff : Eye}
            size={14}
            onPress={() => show(!shown)}
          />
        )}
      </div>
      {note && (
        <Text slot="description" elementType="p" className="sub field-note">
          {note}
        </Text>
      )}
      {fault !== undefined && <FieldError className="field-fault">{fault}</FieldError>}
    </AriaTextField>
  )
}

/** Several lines: of text, or of something that a program reads. */
export function TextArea({
  label,
  value,
  onChange,
  placeholder,
  note,
  fault,
  rows = 8,
  mono = false,
  areaRef,
}: Pick<TextProps, 'label' | 'value' | 'onChange' | 'placeholder'> & {
  note?: ReactNode
  fault?: string | undefined
  rows?: number
  mono?: boolean
  areaRef?: Ref<HTMLTextAreaElement>
}) {
  return (
    <AriaTextField value={value} onChange={onChange} isInvalid={fault !== undefined} className="text-field">
      <Label className="label">{label}</Label>
      <div className="field area" data-invalid={fault !== undefined || undefined}>
        <AriaTextArea ref={areaRef} className={mono ? 'mono' : ''} rows={rows} placeholder={placeholder} spellCheck={!mono} />
      </div>
      {note && (
        <Text slot="description" elementType="p" className="sub field-note">
          {note}
        </Text>
      )}
      {fault !== undefined && <FieldError className="field-fault">{fault}</FieldError>}
    </AriaTextField>
  )
}

/** A decision of its own; what it means stands beneath, and may hold a link. */
export function Checkbox({
  label,
  checked,
  onChange,
  fault,
  children,
}: {
  label: ReactNode
  checked: boolean
  onChange(checked: boolean): void
  fault?: string | undefined
  children?: ReactNode
}) {
  const id = useId()
  return (
    <div className="checkbox-row">
      <AriaCheckbox
        className="checkbox"
        isSelected={checked}
        onChange={onChange}
        isInvalid={fault !== undefined}
        aria-describedby={`${id}-means ${id}-fault`}
      >
        <span className="checkbox-box" aria-hidden>
          {checked && <Icon of={Check} size={14} />}
        </span>
        {label}
      </AriaCheckbox>
      <div id={`${id}-means`} className="checkbox-means">
        {children}
      </div>
      {fault !== undefined && (
        <p id={`${id}-fault`} className="field-fault checkbox-means">
          {fault}
        </p>
      )}
    </div>
  )
}

export function SearchField({
  label,
  value,
  onChange,
  inputRef,
}: {
  label: string
  value: string
  onChange(value: string): void
  inputRef?: Ref<HTMLInputElement>
}) {
  return (
    <AriaSearchField value={value} onChange={onChange} aria-label={label}>
      <div className="field">
        <Icon of={Search} className="ink-3" />
        <Input placeholder={label} ref={inputRef} />
        {value && (
          <AriaButton className="field-clear" aria-label="Clear">
            <Icon of={X} />
          </AriaButton>
        )}
      </div>
    </AriaSearchField>
  )
}

export interface Choice<T extends string> {
  id: T
  label: string
  icon?: LucideIcon
}

export function Select<T extends string>({
  label,
  value,
  choices,
  onChange,
  hidden = false,
  stacked = false,
  placeholder = 'Choose',
}: {
  label: string
  value: T | undefined
  choices: Choice<T>[]
  onChange(value: NoInfer<T>): void
  hidden?: boolean
  /** the label above, as in a form */
  stacked?: boolean
  placeholder?: string
}) {
  return (
    <AriaSelect
      aria-label={hidden ? label : undefined}
      selectedKey={value ?? null}
      onSelectionChange={(key) => key !== null && onChange(key as T)}
      placeholder={placeholder}
      className={stacked ? 'select stacked' : 'select'}
    >
      {!hidden && <Label className={stacked ? 'label' : 'select-label'}>{label}</Label>}
      <AriaButton className="field select-button">
        <SelectValue className="react-aria-SelectValue grow cut" />
        <Icon of={ChevronDown} className="ink-3" />
      </AriaButton>
      <Popover className="popover" offset={4}>
        <ListBox className="menu" items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.id} textValue={choice.label} className="menu-item">
              {({ isSelected }) => (
                <>
                  {choice.icon && <Icon of={choice.icon} />}
                  <span className="grow cut">{choice.label}</span>
                  {isSelected && <Icon of={Check} className="tick" />}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

/** One of a few, all of them in sight. */
export function Segments<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: T
  choices: readonly Choice<T>[]
  onChange(value: NoInfer<T>): void
}) {
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const chosen = choices.find(({ id }) => keys.has(id))
        if (chosen !== undefined) onChange(chosen.id)
      }}
    >
      {choices.map(({ id, label: name }) => (
        <ToggleButton key={id} id={id} className="segment">
          {name}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

/** Any of some, all of them in sight; none may have a meaning of its own, which the note says. */
export function Several({
  label,
  value,
  choices,
  onChange,
  note,
}: {
  label: string
  value: readonly string[]
  choices: readonly Choice<string>[]
  onChange(value: string[]): void
  note?: ReactNode
}) {
  return (
    <div>
      <p className="label">{label}</p>
      <ToggleButtonGroup
        className="several"
        aria-label={label}
        selectionMode="multiple"
        selectedKeys={value}
        onSelectionChange={(keys) => onChange(choices.map(({ id }) => id).filter((id) => keys.has(id)))}
      >
        {choices.map(({ id, label: name }) => (
          <ToggleButton key={id} id={id} className="chip several-chip">
            {({ isSelected }) => (
              <>
                {isSelected && <Icon of={Check} size={12} />}
                {name}
              </>
            )}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {note && <p className="sub field-note">{note}</p>}
    </div>
  )
}
