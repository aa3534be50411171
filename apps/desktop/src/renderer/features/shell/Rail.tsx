import { NavLink } from 'react-router'
import { useMe } from '../../api/SessionProvider.js'
import { placesOf } from '../../paths.js'
import { Icon } from '../../ui/Icon.js'

export function Rail() {
  const me = useMe()
  return (
    <nav className="rail" aria-label="Main">
      {placesOf(me).map((place) => (
        <NavLink key={place.path} to={place.path} className="rail-link" aria-label={place.name} aria-keyshortcuts={`G ${place.key}`}>
          <Icon of={place.icon} size={20} />
          <span aria-hidden={place.short !== undefined || undefined}>{place.short ?? place.name}</span>
        </NavLink>
      ))}
    </nav>
  )
}
