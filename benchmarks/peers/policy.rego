# The same verdicts as xingate's, from the same lists: `data.entries` by code, `data.plan` by action and list type.
# Simpler than ours: no gaps, no relations, no red and black, no remedies, no receipts.
package xingate

default verdict := "CLEAR"

verdict := strictest if {
	some strictest in ["PROHIBITED", "RESTRICTED", "CAUTION", "FAVOURED"]
	every other in stricter[strictest] {
		not other in verdicts
	}
	strictest in verdicts
}

stricter := {
	"PROHIBITED": [],
	"RESTRICTED": ["PROHIBITED"],
	"CAUTION": ["PROHIBITED", "RESTRICTED"],
	"FAVOURED": ["PROHIBITED", "RESTRICTED", "CAUTION"],
}

verdicts := {measure.verdict | some measure in measures}

measures contains measure if {
	some entry in data.entries[input.code]
	entry.valid_from <= input.as_of
	some measure in data.plan[input.action][entry.list_type]
	applies(measure, entry)
}

applies(measure, _) if count(measure.severities) == 0

applies(measure, entry) if entry.severity in measure.severities

answer := {"verdict": verdict, "measures": [measure.id | some measure in measures]}
