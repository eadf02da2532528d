// What is fetched after the first decode.

import './chance.ts'
import './keep.ts'
import './map.ts'
