// The page of one decision by keyboard: the keys of the forms that it has. Must not hold anything that works only so.
import { bindCopy, bindReason, bindVerdict } from './answer-keys.js';
import { Keys } from './keys.js';
import { byId } from './shared.js';
import './page.js';

const keys = new Keys();
if (document.querySelector('#dec .verdict form')) bindVerdict(keys, '#dec');
if (document.querySelector('#dec :is(.verdict, .sign-off) textarea')) bindReason(keys, '#dec');
bindCopy(keys, () => byId('dec')?.dataset.id);
keys.finish();
