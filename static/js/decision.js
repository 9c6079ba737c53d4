// The page of one decision: the keys of the forms that it has, and what happens to it meanwhile. Must not hold anything that works only so.
import { bindReason, bindVerdict } from './answer-keys.js';
import { follow } from './follow.js';
import { Keys } from './keys.js';
import './page.js';

const keys = new Keys();
if (document.querySelector('#dec .verdict form')) bindVerdict(keys, '#dec');
if (document.querySelector('#dec :is(.verdict, .sign-off) textarea')) bindReason(keys, '#dec');
keys.finish();
follow();
