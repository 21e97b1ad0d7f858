"""Answers questions about classifiers, each a line on standard input, each answer a line on standard output:

  {"model": "dir", "rows": [[1, 403], [1, 403, 407]], "pad": 0, "again": "dir"}

with the scores of each row, in fp32, as a JSON list of lists. Rows are padded at the right with `pad`, which stands in
none of them; `again`: where to save the model as transformers does, which may be absent.

  python scores.py < questions.jsonl
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import AutoModelForSequenceClassification, logging

logging.set_verbosity_error()
logging.disable_progress_bar()

for line in sys.stdin:
    question = json.loads(line)
    rows, pad = question["rows"], question["pad"]
    model = AutoModelForSequenceClassification.from_pretrained(
        question["model"], dtype=torch.float32, attn_implementation="eager", pad_token_id=pad
    )
    if "again" in question:
        model.save_pretrained(question["again"])
    width = max(len(row) for row in rows)
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    with torch.no_grad():
        scores = model.eval()(ids, attention_mask=(ids != pad).long()).logits
    print(json.dumps(scores.tolist()), flush=True)
