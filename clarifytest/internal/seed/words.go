package seed

// What seeded records are made of. Email addresses and domains end in .example,
// and phone numbers are of the range 555-01, so that nobody can be reached by
// them.
var (
	firstNames = []string{
		"Ada", "Aisha", "Akira", "Alan", "Amara", "Ana", "Anders", "Anika", "Arjun", "Astrid", "Barbara", "Beatriz",
		"Bilal", "Bruno", "Carla", "Chen", "Chiara", "Chloe", "Clara", "Dalia", "Daniel", "Diego", "Dimitri", "Edsger",
		"Elena", "Elif", "Emeka", "Emma", "Erik", "Fatima", "Felix", "Fiona", "Frances", "Gabriel", "Grace", "Hana",
		"Hassan", "Hedy", "Henrik", "Ibrahim", "Ines", "Ingrid", "Isabel", "Ivan", "Jakub", "Joan", "Jonas", "Julia",
		"Kaito", "Karim", "Katherine", "Kofi", "Laila", "Lars", "Lena", "Leslie", "Liam", "Lucia", "Magnus", "Maja",
		"Margaret", "Maria", "Mateo", "Mei", "Miguel", "Mina", "Nadia", "Niklaus", "Nina", "Noor", "Olga", "Oscar",
		"Paula", "Priya", "Rafael", "Radia", "Rosa", "Ruth", "Samir", "Sara", "Sofia", "Sven", "Tariq", "Tessa",
		"Thabo", "Tomas", "Uma", "Victor", "Wei", "Yara", "Yusuf", "Zoe",
	}
	lastNames = []string{
		"Abara", "Adler", "Ahmed", "Allen", "Almeida", "Andersen", "Babbage", "Bauer", "Becker", "Berg", "Bianchi", "Brandt",
		"Carter", "Castro", "Chopra", "Clarke", "Costa", "Cruz", "Dahl", "Danso", "Diaz", "Dijkstra", "Dubois", "Eriksen",
		"Fernandez", "Fischer", "Fontaine", "Fraser", "Garcia", "Gomez", "Green", "Gupta", "Hamilton", "Hansen", "Haruki", "Hoffmann",
		"Hopper", "Ibanez", "Ivanova", "Jansen", "Johnson", "Kaplan", "Kaya", "Keller", "Khan", "Kim", "Knuth", "Kowalski",
		"Lamarr", "Lamport", "Larsen", "Laurent", "Lee", "Liskov", "Lopez", "Lovelace", "Lund", "Marino", "Martin", "Mbeki",
		"Mendes", "Meyer", "Moreau", "Mori", "Murphy", "Nakamura", "Ndiaye", "Nielsen", "Novak", "Nowak", "Okafor", "Olsen",
		"Ortiz", "Osei", "Park", "Patel", "Perlman", "Petrov", "Quinn", "Rahman", "Ricci", "Rossi", "Roux", "Ryan",
		"Santos", "Sato", "Schmidt", "Silva", "Singh", "Sutherland", "Suzuki", "Tanaka", "Torres", "Turing", "Vargas", "Vogel",
		"Wagner", "Walker", "Weber", "Wirth", "Wolf", "Yamada", "Yilmaz", "Zhang",
	}
	jobTitles = []string{
		"Account Executive", "Analyst", "Buyer", "Chief Executive Officer", "Chief Financial Officer", "Chief Technology Officer",
		"Customer Success Manager", "Data Scientist", "Designer", "Engineer", "Engineering Manager", "Founder",
		"Head of Operations", "Head of Sales", "IT Manager", "Legal Counsel", "Marketing Manager", "Office Manager",
		"Operations Analyst", "Procurement Manager", "Product Manager", "Project Manager", "Researcher", "Sales Manager",
		"Security Engineer", "Solutions Architect", "Vice President Sales",
	}
	personLabels  = []string{"Champion", "Decision maker", "Newsletter", "Partner", "Press", "Speaker"}
	companyLabels = []string{"Customer", "Former customer", "Partner", "Prospect", "Supplier"}
	dealLabels    = []string{"Competitive", "Pilot", "Priority", "Referral"}

	companyFirst = []string{
		"Alder", "Amber", "Anchor", "Apex", "Aurora", "Beacon", "Birch", "Blue", "Bright", "Cedar", "Clear", "Cobalt",
		"Copper", "Coral", "Crest", "Delta", "Echo", "Ember", "Evergreen", "Falcon", "Fern", "Flint", "Granite", "Harbor",
		"Hazel", "Helix", "Horizon", "Indigo", "Iron", "Juniper", "Keystone", "Lark", "Lumen", "Maple", "Meridian", "Mosaic",
		"North", "Nova", "Oak", "Onyx", "Orchard", "Pine", "Pioneer", "Prairie", "Quartz", "Raven", "Ridge", "River",
		"Sable", "Sierra", "Silver", "Slate", "Solar", "Spruce", "Summit", "Tidal", "Timber", "Umber", "Vale", "Vector",
		"Willow", "Winter", "Yarrow", "Zenith",
	}
	companySecond = []string{
		"bridge", "brook", "field", "ford", "gate", "haven", "hill", "lake", "light", "line", "mark", "path",
		"peak", "point", "stone", "stream", "view", "water", "way", "wood", "works", "yard",
	}
	companyTrade = []string{
		"Analytics", "Energy", "Foods", "Health", "Insurance", "Labs", "Logistics", "Media",
		"Partners", "Robotics", "Security", "Software", "Studios", "Systems", "Textiles", "Travel",
	}

	meetingTitles = []string{"Demo", "Kickoff", "Negotiation", "Quarterly review", "Training", "Weekly sync"}
	attendance    = []string{"maybe", "no", "yes", "yes", "yes"}
	taskTitles    = []string{"Call", "Follow up with", "Prepare the demo for", "Send the contract to", "Write to"}
	descriptions  = []string{
		"Decides by the end of the quarter.", "Has asked for a reference.", "Needs approval by the board.",
		"Prefers to be called in the morning.", "Wants to begin with a pilot.",
	}

	products = []string{"Expansion", "Migration", "New business", "Pilot", "Renewal", "Training"}
)
