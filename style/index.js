import './panel.css';
import './rows.css';
import './detail.css';
import './form.css';
import './honesty.css';
import './badges.css';
