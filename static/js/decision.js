// The page of one decision by keyboard. Must not hold anything that works only by keyboard.
import { bindAnswers } from './answer-keys.js';
import { Keys } from './keys.js';
import './page.js';

const keys = new Keys();
bindAnswers(keys, '#dec');
keys.finish();
