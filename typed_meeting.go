package clarify

import "time"

// MeetingFields are the fields of a meeting, for queries and changes: those of [Meeting].
var MeetingFields = struct {
	ID           IDFilter[string]             // "_id"
	CreatedAt    ReadOnlyDateField[time.Time] // "_created_at"
	UpdatedAt    ReadOnlyDateField[time.Time] // "_updated_at"
	CreatedBy    IDFilter[string]             // "_created_by"
	UpdatedBy    IDFilter[string]             // "_updated_by"
	Title        TextField                    // "title"
	Start        DateField[time.Time]         // "start"
	End          DateField[time.Time]         // "end"
	AllDay       CheckboxField                // "all_day"
	Visibility   TextField                    // "visibility"
	EventID      TextField                    // "event_id"
	ICalUID      TextField                    // "ical_uid"
	Participants CollectionField[Participant] // "participants"
	People       ToManyField                  // "people"
}{
	ID:           "_id",
	CreatedAt:    NewReadOnlyDateField[time.Time]("_created_at"),
	UpdatedAt:    NewReadOnlyDateField[time.Time]("_updated_at"),
	CreatedBy:    "_created_by",
	UpdatedBy:    "_updated_by",
	Title:        NewTextField("title"),
	Start:        NewDateField[time.Time]("start"),
	End:          NewDateField[time.Time]("end"),
	AllDay:       NewCheckboxField("all_day"),
	Visibility:   NewTextField("visibility"),
	EventID:      NewTextField("event_id"),
	ICalUID:      NewTextField("ical_uid"),
	Participants: NewCollectionField[Participant]("participants"),
	People:       NewToManyField("people"),
}

// MeetingFilters are the fields of a meeting that another record links to. Conditions can be on
// them.
type MeetingFilters struct {
	ID           IDFilter[string]      // "_id"
	CreatedAt    DateFilter[time.Time] // "_created_at"
	UpdatedAt    DateFilter[time.Time] // "_updated_at"
	CreatedBy    IDFilter[string]      // "_created_by"
	UpdatedBy    IDFilter[string]      // "_updated_by"
	Title        TextFilter            // "title"
	Start        DateFilter[time.Time] // "start"
	End          DateFilter[time.Time] // "end"
	AllDay       CheckboxFilter        // "all_day"
	Visibility   TextFilter            // "visibility"
	EventID      TextFilter            // "event_id"
	ICalUID      TextFilter            // "ical_uid"
	Participants CollectionFilter      // "participants"
}
