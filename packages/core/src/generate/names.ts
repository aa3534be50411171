// Our own short lists. Some names are also words (White, Hand, Grace, Will), some carry accents, hyphens or apostrophes, some are two
// letters long, some stand in another script beside their Latin form: maskers and checkers go wrong on exactly these.

/** A name and, where it is written in another script, its Latin form. */
export type Spelling = string | readonly [native: string, latin: string]

export interface NamePool {
  key: string
  language: string
  share: number
  /** two family names, father's and mother's */
  double?: true
  families: readonly Spelling[]
  women: readonly Spelling[]
  men: readonly Spelling[]
}

const words = (text: string): string[] => text.split(/\s+/)

const general: NamePool = {
  key: 'general',
  language: 'en-US',
  share: 56,
  families: words(
    `Abernethy Ashgrove Barlowe Bickerstaff Birdwhistle Blakeslee Brackett Branscomb Cadwallader Carrowmore Chilcott Clutterbuck Coldbrook
    Copperthwaite Cornforth Danvers Dewhurst Dunleavy Eccleston Elderkin Fairbrother Farthingale Fenwicke Fernsby Gainsworth Gillingwater
    Goodbody Greenhalgh Hackenbush Halloway Harkness Hathersage Hazelrigg Hollingbery Inglethorpe Jellicoe Kettlewell Kirkbride Lambkin
    Larkspur Leatherby Lockridge Loveday Makepeace Merriweather Millington Nettleship Nightingale Oakhurst Ollerenshaw Pennyfeather
    Quillfeather Rainsford Ravenhill Redfearn Rowbotham Sallowfield Scattergood Shufflebottom Silverthorne Snodgrass Stockbridge Tattersall
    Thistlewood Thornbury Truelove Umfreville Vanterpool Wadsworthy Wetherby Whitlock Winterbourne Woolgar Yardley Zellwood`,
  ),
  women: words(
    'Adelaide Agnes Alma Beatrix Bettina Clarice Constance Cordelia Delphine Dorothea Edwina Elspeth Esther Frances Georgina Gwendolyn Harriet Henrietta Imogen Jocelyn Josephine Leonora Lorraine Marguerite Millicent Nadine Octavia Ottilie Philippa Prudence Rosalind Rowena Sabrina Sylvia Tabitha Thelma Ursula Winifred Yvette Zelda',
  ),
  men: words(
    'Alaric Ambrose Barnaby Bertram Caspian Cedric Clifford Cuthbert Desmond Edgar Ellsworth Emmett Ferdinand Gideon Gilbert Hamish Horace Ignatius Jasper Leander Lionel Lysander Mortimer Nathaniel Neville Orville Percival Phineas Quentin Reginald Rupert Silas Sterling Thaddeus Theodore Tobias Ulysses Vernon Wallace Zachariah',
  ),
}

/** Names that are words, and words that stand in code displays. */
const wordlike: NamePool = {
  key: 'words',
  language: 'en-US',
  share: 14,
  families: words(
    'White Hand Young Long Stone Rivers Bishop Wells Banks Frost Snow Winter Church Moss Marsh Waters Noble Savage Sharp Small Tiller Best Hart Ball Foote Head Bone Paine Love Strong Power Day Cross Weeks Childe Legg',
  ),
  women: words('Grace Hope Faith Joy Rose May June April Dawn Amber Iris Ruby Ivy Violet Penny Summer Pearl Olive Daisy Charity'),
  men: words('Will Mark Art Bill Rich Pat Chase Hunter Mason Miles Forest Sandy Clay Cliff Drew Rusty Ray Dean Skip Earl'),
}

const hispanic: NamePool = {
  key: 'hispanic',
  language: 'es',
  share: 12,
  double: true,
  families: words(
    'Íñiguez Ordóñez Muñiz Peñalver Zúñiga Güell Barañano Cárcamo Etxeberría Quiñones Vélez Arocha Bustamante Carrizosa Olmedo',
  ),
  women: words('Begoña Ángela Lucía Inés Rocío Nuria Itziar Concepción Soledad Araceli'),
  men: words('Íñigo Joaquín Álvaro Andrés Ramón Germán Eusebio Fermín Baltasar Leandro'),
}

const european: NamePool = {
  key: 'european',
  language: 'en-US',
  share: 8,
  families: words(
    "Żółkowska-Wróbel Łapiński Dvořáková Sørensen Jørgensgård Müller-Landau Großkopf Süßkind Lefèvre-Duval D'Aubigné O'Rourke-Finn N'Dour-Sall Öztürkmen Šimunić Ångström Þorsteinsdóttir Van-der-Heyden De-la-Croix",
  ),
  women: words('Małgorzata Zdzisława Åse Solveig Anne-Sophie Chloé Renée Éloïse Jürgine Şirin Niamh Siân'),
  men: words('Krzysztof Łukasz Zbigniew Jørn Bjørn Jean-Luc Noël François Jürgen Çetin Tomáš Pádraig'),
}

const short: NamePool = {
  key: 'short',
  language: 'en-US',
  share: 5,
  families: words('Li Ng Wu Xu Ho Le Yu Ou Oh Bo'),
  women: words('Mei Bo An Xi Thu Vy Ling Hoa'),
  men: words('Bo Wei Jun Tan Huy Duc Long Bao'),
}

const scripts: readonly NamePool[] = [
  script('ja', ['山田/Yamada', '小林/Kobayashi', '佐久間/Sakuma'], ['花子/Hanako', '美咲/Misaki'], ['太郎/Taro', '健一/Kenichi']),
  script('zh', ['欧阳/Ouyang', '司马/Sima', '诸葛/Zhuge'], ['秀英/Xiuying', '丽华/Lihua'], ['伟强/Weiqiang', '建国/Jianguo']),
  script('ko', ['남궁/Namgung', '황보/Hwangbo'], ['지우/Jiwoo', '서연/Seoyeon'], ['민준/Minjun', '도윤/Doyun']),
  script('ru', ['Звягинцев/Zvyagintsev', 'Щербак/Shcherbak'], ['Ольга/Olga', 'Зинаида/Zinaida'], ['Сергей/Sergej', 'Фёдор/Fyodor']),
  script('el', ['Παπαδογιάννη/Papadogianni', 'Ξυλούρη/Xylouri'], ['Ελένη/Eleni', 'Χρυσούλα/Chrysoula'], ['Νίκος/Nikos', 'Σπύρος/Spyros']),
  script('ar', ['الخطيب/Al-Khatib', 'القاضي/Al-Qadi'], ['ليلى/Layla', 'نجلاء/Najla'], ['يوسف/Yusuf', 'طارق/Tariq']),
  script('he', ['בן־שחר/Ben-Shahar', 'אלמוג/Almogi'], ['נעמי/Naomi', 'תמר/Tamar'], ['אליעזר/Eliezer', 'נחום/Nachum']),
  script('hi', ['चतुर्वेदी/Chaturvedi', 'भटनागर/Bhatnagar'], ['रूपाली/Rupali', 'सुनीता/Sunita'], ['अनिल/Anil', 'देवेंद्र/Devendra']),
]

function script(language: string, families: string[], women: string[], men: string[]): NamePool {
  const spellings = (list: string[]) =>
    list.map((entry): Spelling => {
      const at = entry.indexOf('/')
      return [entry.slice(0, at), entry.slice(at + 1)]
    })
  return { key: language, language, share: 0.75, families: spellings(families), women: spellings(women), men: spellings(men) }
}

export const namePools: readonly NamePool[] = [general, wordlike, hispanic, european, short, ...scripts]

export const streetNames = words(
  'Heron Lantern Quarry Saltmarsh Tannery Millrace Copper Juniper Foxglove Chandler Ropewalk Kestrel Bellwether Cobbler Driftwood Elder Ferry Gannet Hawthorn Inkwell Larch Mulberry Nettle Orchard Plover Quince Rookery Sedge Thimble Willow',
)

export const streetKinds = words('Street Avenue Road Lane Court Drive Way Terrace')

export const employers = [
  'Kestrel Freight',
  'Millrace Bakery',
  'Lantern Books',
  'Thimble & Sons',
  'Rookery School District',
  'Saltmarsh Fishery',
]
